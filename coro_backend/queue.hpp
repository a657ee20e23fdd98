#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "compat/detail/queue_items.hpp"
#include "compat/task.hpp"
#include "coro_backend/detail/queue_core.hpp"

namespace crossfade::coro_backend {

namespace detail {

template <class T, class Items>
class queue_of {
 public:
  /// Zero: no limit.
  explicit queue_of(std::size_t maxsize = 0) noexcept : core_(maxsize) {}

  /// Waits for room.
  crossfade::task<> put(T item) {
    co_await core_.wait_for_room();
    put_nowait(std::move(item));
  }
  /// Waits for an item, and takes it.
  crossfade::task<T> get() {
    co_await core_.wait_for_item();
    co_return get_nowait();
  }
  /// Throws: `queue_full`.
  void put_nowait(T item) {
    core_.require_room();
    items_.put(std::move(item));
    core_.was_put();
  }
  /// Throws: `queue_empty`.
  T get_nowait() {
    core_.require_item();
    T item = items_.get();
    core_.was_taken();
    return item;
  }
  /// What was got has been worked off. Throws: `value_error` if more often than items were put.
  void task_done() { core_.task_done(); }
  /// Waits until everything that was put has been worked off.
  crossfade::task<> join() { return core_.join(); }

  std::size_t qsize() const noexcept { return core_.qsize(); }
  std::size_t maxsize() const noexcept { return core_.maxsize(); }
  bool empty() const noexcept { return core_.empty(); }
  bool full() const noexcept { return core_.full(); }

 private:
  queue_core core_;
  Items items_;
};

}  // namespace detail

/// Items handed from tasks to tasks.
///
/// Order: FIFO, also among those who wait; but who is woken competes for the item with who comes
/// meanwhile, and queues again if it was too late. Cancellation: a cancelled waiter leaves; one
/// that had been woken wakes the next. Threads: the loop's only. Lifetime: outlives its waiters.
/// Source: asyncio.Queue. Differs from the portable `queue`, which hands over and can be closed.
template <class T>
class queue : public detail::queue_of<T, crossfade::detail::fifo_items<T>> {
  using detail::queue_of<T, crossfade::detail::fifo_items<T>>::queue_of;
};

/// The latest item first. Cancellation: as `queue`. Source: asyncio.LifoQueue.
template <class T>
class lifo_queue : public detail::queue_of<T, crossfade::detail::lifo_items<T>> {
  using detail::queue_of<T, crossfade::detail::lifo_items<T>>::queue_of;
};

/// The smallest item first. Cancellation: as `queue`. Source: asyncio.PriorityQueue.
template <class T, class Before = std::less<T>>
class priority_queue : public detail::queue_of<T, crossfade::detail::ordered_items<T, Before>> {
  using detail::queue_of<T, crossfade::detail::ordered_items<T, Before>>::queue_of;
};

}  // namespace crossfade::coro_backend
