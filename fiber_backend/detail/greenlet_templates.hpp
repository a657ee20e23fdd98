#pragma once

// The second half of greenlet.hpp.

#include <optional>
#include <utility>

#include "fiber_backend/greenlet.hpp"

namespace crossfade::fiber_backend {

namespace detail {

template <class T>
class get_op final : public crossfade::detail::waitable<get_op<T>>, private join_core {
 public:
  get_op(greenlet_of<T>& of, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<get_op>(rules_of_this),
        join_core(counted<greenlet_core>(&of), timeout) {}

 private:
  friend crossfade::detail::waitable<get_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<get_op&>(op).join_core::leave();
    return true;
  }
  static std::uint64_t holder(const crossfade::detail::op_base& op) noexcept {
    return holder_of(static_cast<const get_op&>(op).joined());
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{.name = "the value of a greenlet",
                                                               .leave = &leave,
                                                               .holder = &holder,
                                                               .until_end = true,
                                                               .ended_by_guest = true};
  bool start() { return begin(*this); }
  T take() {
    end();
    if (expired()) throw_expired();
    return static_cast<greenlet_of<T>&>(joined()).take();
  }
};

template <class F, class... A>
greenlet_for<F, A...> make_greenlet(const spawn_options& options, F&& f, A&&... a) {
  return greenlet_for<F, A...>(new made_greenlet<std::decay_t<F>, std::decay_t<A>...>(
      get_hub(), options, std::forward<F>(f), std::forward<A>(a)...));
}

template <class F, class... A>
auto spawn_with(const spawn_options& options, F&& f, A&&... a) {
  auto made = make_greenlet(options, std::forward<F>(f), std::forward<A>(a)...);
  made.start();
  return made;
}

}  // namespace detail

template <class F>
auto spawn(F&& f, std::source_location site) {
  return detail::spawn_with({{}, site}, std::forward<F>(f));
}
template <class F, class A>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, std::source_location site) {
  return detail::spawn_with({{}, site}, std::forward<F>(f), std::forward<A>(a));
}
template <class F, class A, class B>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, std::source_location site) {
  return detail::spawn_with({{}, site}, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
}
template <class F, class A, class B, class C>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, C&& c, std::source_location site) {
  return detail::spawn_with({{}, site}, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                            std::forward<C>(c));
}
template <class F, class... A>
auto spawn(const spawn_options& options, F&& f, A&&... a) {
  return detail::spawn_with(options, std::forward<F>(f), std::forward<A>(a)...);
}

template <class F, class... A>
auto spawn_later(delay after, F&& f, A&&... a) {
  auto made = detail::make_greenlet({{}, after.site}, std::forward<F>(f), std::forward<A>(a)...);
  made.start_later(after.length);
  return made;
}

template <class F>
raw_greenlet spawn_raw(F&& f, std::source_location site) {
  raw_greenlet made(
      new detail::made_raw_greenlet<std::decay_t<F>>(get_hub(), {{}, site}, std::forward<F>(f)));
  made.raw_core().start();
  return made;
}

}  // namespace crossfade::fiber_backend
