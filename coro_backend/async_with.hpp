#pragma once

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/task.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// What awaiting what `aenter` gives gives.
template <class Manager>
using entered_value =
    typename crossfade::detail::body_result<decltype(std::declval<Manager&>().aenter())>::type;

// Calls the body with what entering gave, or with the manager, or with nothing.
template <class Body, class Manager, class... Entered>
decltype(auto) call_body(Body& body, Manager& manager, Entered&... entered) {
  if constexpr (sizeof...(Entered) > 0 && std::is_invocable_v<Body&, Entered&...>) {
    return std::invoke(body, entered...);
  } else if constexpr (std::is_invocable_v<Body&, Manager&>) {
    return std::invoke(body, manager);
  } else {
    return std::invoke(body);
  }
}

template <class Manager, class Body>
auto body_of(Manager& manager, Body& body) {
  using entered = entered_value<Manager>;
  if constexpr (std::is_void_v<entered>) {
    return std::type_identity<decltype(call_body(body, manager))>();
  } else {
    return std::type_identity<decltype(call_body(body, manager, std::declval<entered&>()))>();
  }
}

/// What the body gives in the end.
template <class Manager, class Body>
using body_value = typename crossfade::detail::body_result<typename decltype(body_of(
    std::declval<Manager&>(), std::declval<Body&>()))::type>::type;

template <class T, class Manager, class Call>
crossfade::task<T> run_and_exit(Manager& manager, Call& call) {
  crossfade::detail::result<T> outcome;
  try {
    if constexpr (crossfade::detail::is_coroutine_text<Call&>) {
      if constexpr (std::is_void_v<T>) {
        co_await call();
        outcome.set_value();
      } else {
        outcome.set_value(co_await call());
      }
    } else {
      outcome.set_from(call);
    }
  } catch (...) {
    outcome.set_error(std::current_exception());
  }
  std::exception_ptr error;
  if (outcome.error() != nullptr) error = *outcome.error();
  co_await manager.aexit(error);
  co_return outcome.take();
}

template <class T, class Manager, class Body>
crossfade::task<T> enter_run_and_exit(Manager& manager, Body& body) {
  if constexpr (std::is_void_v<entered_value<Manager>>) {
    co_await manager.aenter();
    auto call = [&]() -> decltype(auto) { return call_body(body, manager); };
    co_return co_await run_and_exit<T>(manager, call);
  } else {
    auto entered = co_await manager.aenter();
    auto call = [&]() -> decltype(auto) { return call_body(body, manager, entered); };
    co_return co_await run_and_exit<T>(manager, call);
  }
}

}  // namespace detail

/// Enters `manager`, runs `body`, of either text, and leaves it, whatever happens: a lock,
/// semaphore or condition is held meanwhile, a `timeout` is on, a `task_group` is open.
///
/// `body` is called with what entering gave, or with the manager, or with nothing. Cancellation: as
/// the manager and the body; leaving may wait. Lifetime: both are used where they stand. Throws:
/// what entering throws; what leaving throws, or else what the body throws. Source: `async with`.
template <class Manager, class Body>
auto async_with(Manager&& manager, Body&& body) {
  using value = detail::body_value<std::remove_reference_t<Manager>, std::remove_reference_t<Body>>;
  return detail::enter_run_and_exit<value>(manager, body);
}

}  // namespace crossfade::coro_backend
