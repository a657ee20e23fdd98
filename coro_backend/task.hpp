#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coro_backend/context.hpp"
#include "coro_backend/detail/task_core.hpp"
#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

/// A task of any type. Source: asyncio.Task.
class any_task : public any_future {
 public:
  any_task() = default;
  /// For the runtime.
  explicit any_task(detail::task_core& core) noexcept : any_future(core.outcome()) {}
  std::string get_name() const { return task_core().display_name(); }
  void set_name(std::string_view name) const { task_core().rename(name); }
  /// How many cancellations were asked for and not taken back.
  unsigned cancelling() const noexcept { return task_core().cancelling(); }
  /// Takes one back; says how many are left. What is to be thrown is thrown all the same.
  unsigned uncancel() const noexcept { return task_core().uncancel(); }

 private:
  detail::task_core& task_core() const noexcept { return *core().as_task(); }
};

/// A function that runs by itself, as a coroutine of its own, and its outcome.
///
/// `cancel` has `cancelled_error` thrown at the present wait, or at the next that waits indeed; a
/// task that catches it goes on, and can be cancelled again. While it waits for another future or
/// task, that one is cancelled instead, and passes it on when it ends. Dropping the handles does
/// not end it. A failure that nobody has asked for when the last handle goes is told to the loop's
/// exception handler. Source: asyncio.Task. Differs: the loop keeps it until it ends.
template <class T = void>
class task : public future_base<T> {
 public:
  task() = default;
  /// For the runtime.
  explicit task(detail::future_of<T>& core) noexcept : future_base<T>(core) {}

  std::string get_name() const { return untyped().get_name(); }
  void set_name(std::string_view name) const { untyped().set_name(name); }
  unsigned cancelling() const noexcept { return untyped().cancelling(); }
  unsigned uncancel() const noexcept { return untyped().uncancel(); }
  operator any_task() const noexcept { return untyped(); }  // NOLINT(google-explicit-constructor)

 private:
  any_task untyped() const noexcept { return any_task(*this->core().as_task()); }
};

/// What may be said of a task when it is created. Written `{.name = "refresh"}`; the place is taken
/// by itself.
struct task_options {
  std::string_view name = {};  ///< copied into the task
  /// What it runs in; null: a copy of the present one. A pointer, as g++ 12 destroys options that
  /// have something to destroy twice, if the task is awaited in the expression that creates it.
  const coro_backend::context* context = nullptr;
  std::source_location site = std::source_location::current();
};

namespace detail {

template <class F>
concept is_function = !std::is_same_v<std::remove_cvref_t<F>, task_options>;

/// What a task that calls `F` with `A...` gives.
template <class F, class... A>
using task_value = crossfade::detail::result_of<std::decay_t<F>, std::decay_t<A>...>;

/// What is the same for a loop and a group: the ways to write `create_task`, over
/// `self.launch(options, function, arguments...)`.
template <class Derived>
class task_creator {
  using here = std::source_location;

 public:
  template <class F>
  auto create_task(F&& f, here site = here::current()) {
    return self().launch({.site = site}, std::forward<F>(f));
  }
  template <class F, class A>
    requires is_function<F>
  auto create_task(F&& f, A&& a, here site = here::current()) {
    return self().launch({.site = site}, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires is_function<F>
  auto create_task(F&& f, A&& a, B&& b, here site = here::current()) {
    return self().launch({.site = site}, std::forward<F>(f), std::forward<A>(a),
                         std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires is_function<F>
  auto create_task(F&& f, A&& a, B&& b, C&& c, here site = here::current()) {
    return self().launch({.site = site}, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                         std::forward<C>(c));
  }
  template <class F, class... A>
  auto create_task(const task_options& options, F&& f, A&&... a) {
    return self().launch(options, std::forward<F>(f), std::forward<A>(a)...);
  }

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

}  // namespace detail

}  // namespace crossfade::coro_backend
