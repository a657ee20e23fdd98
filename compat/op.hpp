#pragma once

#include <concepts>
#include <coroutine>
#include <utility>

#include "compat/detail/op_base.hpp"
#include "compat/detail/task_state.hpp"

namespace crossfade {

namespace detail {

/// The protocol by which both texts on both backends wait for an operation.
///
/// `Derived` has `bool start()`, which either completes at once (true) or leaves the operation
/// where somebody will `complete` it, and `take()`, which gives the result. On a stack the wait
/// takes place inside `await_ready`, so a coroutine that runs on a stack never suspends.
template <class Derived>
class [[nodiscard("an operation does nothing until it is awaited")]] waitable : public op_base {
 public:
  bool await_ready() {
    task_ = &task_state::current();
    task_->check_interrupt();
    if (derived().start()) return true;
    if (status_ == status::waiting) [[likely]]  // it may be complete by now
      task_->waiting_for = this;
    task_->waiting_since = task_->sched->coarse_now;
    ++task_->waits;
    if (!task_->on_stack()) return false;
    task_->wait_on_stack();
    return true;
  }
  void await_suspend(std::coroutine_handle<> caller) noexcept { task_->resume_point = caller; }
  decltype(auto) await_resume() {
    if (status_ == status::interrupted) [[unlikely]]
      task_->throw_interrupt();
    return derived().take();
  }

 protected:
  using op_base::op_base;
  ~waitable() = default;

 private:
  Derived& derived() noexcept { return static_cast<Derived&>(*this); }
};

}  // namespace detail

/// Something that a task can await with `co_await` (coroutine text) or `await` (blocking text): an
/// `op` of this library, the awaitable of an Asio operation, or a `task`. Others do not compile,
/// since the loop would not know who waits.
template <class A>
concept awaitable = requires { typename std::remove_cvref_t<A>::crossfade_awaitable; } ||
                    std::derived_from<std::remove_cvref_t<A>, detail::op_base>;

/// One wait that is about to happen: immovable, awaited in the expression that makes it.
///
/// Cancellation: awaiting it throws `cancelled` at once if a cancellation is pending, or when one
/// arrives meanwhile; an operation that has completed by then delivers its result and the
/// cancellation comes at the next wait. Threads: the loop's only.
template <class T = void>
class op final : public detail::waitable<op<T>> {
 public:
  /// What the maker of an operation supplies: how it begins and how its result is taken.
  struct rules : detail::wait_rules {
    bool (*start)(op&);
    T (*take)(op&);
  };

  op(const rules& r, void* object) noexcept : detail::waitable<op<T>>(r), object_(object) {}

  template <class Object>
  Object& object() const noexcept {
    return *static_cast<Object*>(object_);
  }

 private:
  friend detail::waitable<op<T>>;
  bool start() { return static_cast<const rules&>(this->rule_set()).start(*this); }
  T take() { return static_cast<const rules&>(this->rule_set()).take(*this); }

  void* object_;
};

/// Waits in blocking text: returns the result of `awaited`, parking the fiber meanwhile.
///
/// Porting a call site replaces `await(x)` by `co_await x`. Throws: `usage_error` where the running
/// task has no stack, also if `awaited` is ready; and what `awaited` throws.
template <awaitable A>
decltype(auto) await(A&& awaited) {
  detail::task_state::current().require_stack();
  if constexpr (requires { std::forward<A>(awaited).operator co_await(); }) {
    auto&& awaiter = std::forward<A>(awaited).operator co_await();
    awaiter.await_ready();
    return awaiter.await_resume();
  } else {
    awaited.await_ready();
    return awaited.await_resume();
  }
}

}  // namespace crossfade
