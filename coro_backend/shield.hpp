#pragma once

#include <memory>
#include <utility>

#include "coro_backend/awaitable.hpp"
#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// Lets two futures that do not keep each other know whether the inner one is there.
class shield_link {
 public:
  explicit shield_link(future_core& inner) noexcept : inner_(&inner) {}
  void inner_gone() noexcept { inner_ = nullptr; }
  void outer_done(const void* identity) noexcept {
    if (inner_ != nullptr && !inner_->done()) inner_->remove(identity);
  }

 private:
  future_core* inner_;
};

/// What `inner` ended with becomes the end of `outer`. True: it is a value.
bool pass_on_failure(future_core& inner, future_core& outer);

/// Has `copy()` called when `inner` ended with a value, and its failure passed on.
template <class T>
void link_shield(future_of<T>& inner, future_of<T>& outer) {
  struct guard {
    explicit guard(future_core& in) : link(std::make_shared<shield_link>(in)) {}
    guard(guard&&) noexcept = default;
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    guard& operator=(guard&&) = delete;
    ~guard() {
      if (link != nullptr) link->inner_gone();
    }
    std::shared_ptr<shield_link> link;  // shared with the callback of the outer one
  };
  guard inner_there(inner);
  std::shared_ptr<shield_link> link = inner_there.link;
  inner.add_done_callback(
      [there = std::move(inner_there), out = counted(&outer)](future_core& in) {
        if (!pass_on_failure(in, *out)) return;
        if constexpr (std::is_void_v<T>) {
          out->set_result();
        } else {
          out->set_result(static_cast<future_of<T>&>(in).result());
        }
      },
      &outer);
  outer.add_done_callback([link = std::move(link),
                           identity = &outer](future_core& /*out*/) { link->outer_done(identity); },
                          &outer);
}

}  // namespace detail

/// A future that ends as `a` does, and whose cancellation does not reach it.
///
/// Who awaits it is cancelled like by any other; the future, or the task that runs the function,
/// goes on. One that is done is given back itself. Cancellation: never waits. Lifetime: the loop
/// keeps the task. Source: asyncio.shield. Differs from the portable `shield`, whose body is part
/// of the caller's task.
template <class A>
future_base<detail::awaited_value<A>> shield(A a) {
  using value = detail::awaited_value<A>;
  const future_base<value> inner = ensure_future(std::move(a));
  if (inner.done()) return inner;
  auto& core = static_cast<detail::future_of<value>&>(inner.core());
  const future<value> outer = core.owner().template create_future<value>();
  detail::link_shield(core, static_cast<detail::future_of<value>&>(outer.core()));
  return outer;
}

}  // namespace crossfade::coro_backend
