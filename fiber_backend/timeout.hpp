#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/task.hpp"
#include "fiber_backend/errors.hpp"

namespace crossfade::fiber_backend {

/// Says that a `timeout` that expires in its own `with` just ends that.
struct silent_t {};
inline constexpr silent_t silent{};

/// Throws into the task that starts it, if that does not close it in time: out of its present wait,
/// once. The body may catch it.
///
/// Order: it expires when nothing is ready, and what it throws arrives at once. Units: any
/// `std::chrono` duration; none: never. Cancellation: never waits itself. Threads: the loop's only.
/// Lifetime: closed by its destructor. Source: gevent.Timeout. Differs: what is thrown is a
/// `timeout_expired`, which `raised` recognises, not the object itself. Differs from the portable
/// `with_timeout`: nobody converts what is thrown; a body that catches it goes on.
class timeout final : private crossfade::detail::timer {
 public:
  explicit timeout(std::optional<duration> length = {});
  /// Throws `exception` instead of a `timeout_expired`.
  timeout(std::optional<duration> length, std::exception_ptr exception);
  timeout(std::optional<duration> length, silent_t tag);
  ~timeout();

  /// Begins to run, for the running task. Throws: `cannot_start` if it runs, or was closed.
  void start();
  /// Stops; it may be started again.
  void cancel() noexcept;
  /// Stops for good.
  void close() noexcept;
  /// It runs.
  bool pending() const noexcept { return armed; }
  /// Unlike that of any other timeout or task of the loop.
  std::uint64_t id() const noexcept { return id_; }
  /// Whether this threw it.
  bool raised(const timeout_expired& error) const noexcept { return error.timeout_id() == id_; }

  /// Runs `body()`, of either text, under this timeout, started unless it runs, closed afterwards.
  /// False: it was silent and its own expiry ended the body. Cancellation: as the body. Throws:
  /// what the body throws. Source: `with gevent.Timeout(...)`.
  template <class Body>
  task<bool> with(Body&& body);

 private:
  static void expire(crossfade::detail::timer& t) noexcept;
  bool is_silenced(const std::exception_ptr& error) const noexcept;
  void forget_task() noexcept;

  const std::optional<duration> length_;
  const std::exception_ptr exception_;
  crossfade::detail::task_state* task_ = nullptr;  // for whom it runs
  const std::uint64_t id_;
  const bool silent_ = false;
  bool closed_ = false;
};

template <class Body>
task<bool> timeout::with(Body&& body) {
  if (!pending()) start();
  std::exception_ptr error;
  try {
    if constexpr (crossfade::detail::is_coroutine_text<Body>) {
      co_await std::invoke(body);
    } else {
      std::invoke(body);
    }
  } catch (...) {
    error = std::current_exception();
  }
  close();
  if (error == nullptr) co_return true;
  if (!is_silenced(error)) std::rethrow_exception(error);
  co_return false;
}

/// Runs `body()`, of either text, for at most `length`. Cancellation: as the body. Throws:
/// `timeout_expired`, if the body does not catch it; what the body throws. Source:
/// gevent.with_timeout.
template <class Body, class T = crossfade::detail::result_of<Body>>
task<T> with_timeout(std::optional<duration> length, Body&& body) {
  timeout timer(length);
  timer.start();
  if constexpr (crossfade::detail::is_coroutine_text<Body>) {
    co_return co_await std::invoke(body);
  } else {
    co_return std::invoke(body);
  }
}

/// The same, but gives `late` when the time is over. Source: with_timeout(timeout_value=...).
template <class Body, class T = crossfade::detail::result_of<Body>>
task<T> with_timeout(std::optional<duration> length, Body&& body, T late) {
  timeout timer(length);
  timer.start();
  try {
    if constexpr (crossfade::detail::is_coroutine_text<Body>) {
      co_return co_await std::invoke(body);
    } else {
      co_return std::invoke(body);
    }
  } catch (const timeout_expired& error) {
    if (!timer.raised(error)) throw;
  }
  co_return late;
}

}  // namespace crossfade::fiber_backend
