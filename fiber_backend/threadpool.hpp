#pragma once

#include <cstddef>
#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/task.hpp"
#include "compat/to_thread.hpp"
#include "fiber_backend/pool.hpp"

namespace crossfade::fiber_backend {

/// Runs blocking functions on threads while greenlets go on, at most `maxsize` at a time.
///
/// The threads are the loop's, so `loop_options::max_threads` holds as well. Order: functions start
/// in the order asked. Cancellation: of the wait; a function that has started runs to its end.
/// Threads: the functions run on others and must not touch what belongs to the loop. Source:
/// gevent.threadpool.ThreadPool. Differs: what `spawn` gives is a greenlet; the pool has no threads
/// of its own.
class threadpool final {
 public:
  explicit threadpool(std::size_t maxsize) : waiters_(maxsize) {}

  /// Waits until fewer than `maxsize` functions run, and has `function()` run on a thread. The
  /// greenlet given ends with its value.
  template <class F>
  [[nodiscard]] auto spawn(F function,
                           std::source_location site = std::source_location::current()) {
    return waiters_.spawn(
        [f = std::move(function)]() mutable -> std::invoke_result_t<F&> {
          return await(to_thread([&f]() -> std::invoke_result_t<F&> { return std::invoke(f); }));
        },
        site);
  }
  /// The same, and waits for the value. Throws: what `function` throws.
  template <class F>
  [[nodiscard]] task<std::invoke_result_t<F&>> apply(
      F function, std::source_location site = std::source_location::current()) {
    const auto running = co_await spawn(std::move(function), site);
    co_return co_await running.get();
  }
  /// Calls `function(item)` on threads for each item; gives the values in the order of the items.
  template <class F, class Item>
  [[nodiscard]] auto map(F function, std::vector<Item> items,
                         std::source_location site = std::source_location::current()) {
    return waiters_.map(
        [f = std::move(function)](const Item& item) -> std::invoke_result_t<F&, const Item&> {
          return await(to_thread([&]() -> std::invoke_result_t<F&, const Item&> {
            F own = f;
            return std::invoke(own, item);
          }));
        },
        std::move(items), site);
  }
  /// Waits until no function runs.
  [[nodiscard]] task<bool> join() { return waiters_.join(); }
  /// How many functions run.
  std::size_t size() const noexcept { return waiters_.size(); }
  bool full() const noexcept { return waiters_.full(); }

 private:
  pool waiters_;  // each waits for a thread
};

}  // namespace crossfade::fiber_backend
