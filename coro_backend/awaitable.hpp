#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "compat/task.hpp"
#include "coro_backend/event_loop.hpp"
#include "coro_backend/future.hpp"
#include "coro_backend/task.hpp"

namespace crossfade::coro_backend {

namespace detail {

template <class A>
concept future_like = std::derived_from<A, any_future> && requires { typename A::value_type; };

}  // namespace detail

/// Something that can be awaited, of one value type: a future or task, or a function that has not
/// been called yet. Source: collections.abc.Awaitable. Differs: a coroutine cannot be passed around
/// before it runs; the function that makes it can.
template <class T>
class awaitable {
 public:
  using value_type = T;

  awaitable(future_base<T> of) : what_(std::move(of)) {}  // NOLINT(google-explicit-constructor)
  template <class F>
    requires(!std::same_as<F, awaitable> && !detail::future_like<F> &&
             std::is_invocable_r_v<crossfade::task<T>, F&>)
  awaitable(F function, std::string name = {})  // NOLINT(google-explicit-constructor)
      : what_(std::function<crossfade::task<T>()>(std::move(function))), name_(std::move(name)) {}

  /// Null: it is a function.
  const future_base<T>* as_future() const noexcept { return std::get_if<0>(&what_); }
  /// That of the task, if one is made to run the function.
  const std::string& name() const noexcept { return name_; }
  /// Calls the function.
  crossfade::task<T> operator()() { return std::get<1>(what_)(); }

 private:
  std::variant<future_base<T>, std::function<crossfade::task<T>()>> what_;
  std::string name_;
};

namespace detail {

template <class A>
struct awaited {
  using value = crossfade::detail::result_of<A>;
};
template <future_like A>
struct awaited<A> {
  using value = typename A::value_type;
};
template <class T>
struct awaited<awaitable<T>> {
  using value = T;
};

/// What awaiting an `A` gives.
template <class A>
using awaited_value = typename awaited<std::remove_cvref_t<A>>::value;

/// Awaits it as part of the running task.
template <class A>
crossfade::task<awaited_value<A>> await_here(A& a) {
  if constexpr (future_like<A>) {
    co_return co_await a;
  } else if constexpr (std::same_as<A, awaitable<awaited_value<A>>>) {
    if (const auto* f = a.as_future()) co_return co_await *f;
    co_return co_await a();
  } else if constexpr (crossfade::detail::is_coroutine_text<A&>) {
    co_return co_await a();
  } else {
    co_return a();
  }
}

}  // namespace detail

/// The future itself, or a task that runs the function. Source: asyncio.ensure_future.
template <class A>
future_base<detail::awaited_value<A>> ensure_future(A&& a) {
  using type = std::remove_cvref_t<A>;
  if constexpr (detail::future_like<type>) {
    return a;
  } else if constexpr (std::same_as<type, awaitable<detail::awaited_value<A>>>) {
    if (const auto* f = a.as_future()) return *f;
    const std::string name = a.name();
    return create_task(task_options{.name = name}, std::forward<A>(a));
  } else {
    return create_task(std::forward<A>(a));
  }
}

}  // namespace crossfade::coro_backend
