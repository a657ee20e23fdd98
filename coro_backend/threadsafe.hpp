#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "compat/clock.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// What a task and the threads that wait for its outcome share, but for its value.
class concurrent_core : public std::enable_shared_from_this<concurrent_core> {
 public:
  explicit concurrent_core(loop& owner) noexcept : owner_(owner) {}
  concurrent_core(const concurrent_core&) = delete;
  concurrent_core& operator=(const concurrent_core&) = delete;
  virtual ~concurrent_core() = default;

  // --- any thread ---
  bool cancel();
  bool cancelled() const;
  bool done() const;
  std::exception_ptr exception(std::optional<duration> timeout);

  // --- the loop's thread ---
  void task_made(future_core& task);
  void task_done(future_core& task) noexcept;
  /// The loop goes first.
  void abandon() noexcept;

 protected:
  /// Holds the lock when it returns, and the outcome is there.
  std::unique_lock<std::mutex> wait(std::optional<duration> timeout);
  /// Throws what the task failed with.
  void require_value() const;

 private:
  enum class stage : std::uint8_t { pending, cancelled, finished };
  virtual void take_value(future_core& task) = 0;
  void end(stage s) noexcept;
  void cancel_task();

  loop& owner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  stage stage_ = stage::pending;
  std::exception_ptr error_;
  future_core* task_ = nullptr;  // while it is there: for the loop's thread alone
};

template <class T>
class concurrent_of final : public concurrent_core {
  using stored = typename future_of<T>::stored;

 public:
  using concurrent_core::concurrent_core;

  T result(std::optional<duration> timeout) {
    const std::unique_lock held = wait(timeout);
    require_value();
    if constexpr (std::is_copy_constructible_v<stored>) {
      return static_cast<T>(*value_);
    } else {
      return std::move(*value_);
    }
  }

 private:
  void take_value(future_core& task) override {
    if constexpr (std::is_void_v<T>) {
      value_.emplace();
    } else {
      value_.emplace(static_cast<future_of<T>&>(task).result());
    }
  }

  std::optional<stored> value_;
};

/// The loop's end of it, which goes with what the loop has to do for it.
class concurrent_end {
 public:
  explicit concurrent_end(std::shared_ptr<concurrent_core> of) noexcept : of_(std::move(of)) {}
  concurrent_end(concurrent_end&&) noexcept = default;
  concurrent_end(const concurrent_end&) = delete;
  concurrent_end& operator=(const concurrent_end&) = delete;
  concurrent_end& operator=(concurrent_end&&) = delete;
  ~concurrent_end() {
    if (of_ != nullptr) of_->abandon();
  }
  concurrent_core& operator*() const noexcept { return *of_; }

 private:
  std::shared_ptr<concurrent_core> of_;  // shared with the threads
};

}  // namespace detail

/// The outcome of a task, for other threads to wait for. Copies are the same.
///
/// Cancellation: `cancel` wakes the threads that wait, at once, and cancels the task in a turn of
/// its own, whose outcome is dropped. Threads: any; the loop's own may not wait. Lifetime: the loop
/// outlives it, or ends it as cancelled. Source: concurrent.futures.Future. Differs: no callbacks.
template <class T>
class concurrent_future {
 public:
  /// For the runtime.
  explicit concurrent_future(std::shared_ptr<detail::concurrent_of<T>> of) noexcept
      : of_(std::move(of)) {}

  /// False: the task has ended.
  bool cancel() const { return of_->cancel(); }
  bool cancelled() const { return of_->cancelled(); }
  bool done() const { return of_->done(); }
  /// Blocks the thread until the outcome is there. Each who asks gets a copy; of a type that has
  /// none, the first gets the value. Throws: what the task failed with; `task_cancelled` if this or
  /// the task was cancelled; `timeout_error` if it is not there in time; `usage_error` on the
  /// loop's thread.
  T result(std::optional<duration> timeout = {}) const { return of_->result(timeout); }
  /// The same for what the task failed with; null: it did not.
  std::exception_ptr exception(std::optional<duration> timeout = {}) const {
    return of_->exception(timeout);
  }

 private:
  std::shared_ptr<detail::concurrent_of<T>> of_;  // shared by the copies and the task
};

/// From any other thread: starts `function()`, of either text, as a task of `loop`; its outcome,
/// for a thread to wait for.
///
/// Threads: any. Lifetime: the loop outlives the call; see `thread_hold` for one that has nothing
/// else to wait for. Cancellation: by the outcome; one that comes before the first turn is thrown
/// at the first wait. Source: asyncio.run_coroutine_threadsafe.
template <class F>
auto run_coroutine_threadsafe(F&& function, event_loop& loop) {
  using value = detail::task_value<F>;
  auto state = std::make_shared<detail::concurrent_of<value>>(loop.owner());
  loop.call_soon_threadsafe(
      [&loop, end = detail::concurrent_end(state), f = std::forward<F>(function)]() mutable {
        const auto made = loop.create_task(std::move(f));
        (*end).task_made(made.core());
        made.core().add_done_callback(
            [end = std::move(end)](detail::future_core& of) { (*end).task_done(of); }, nullptr);
      });
  return concurrent_future<value>(std::move(state));
}

}  // namespace crossfade::coro_backend
