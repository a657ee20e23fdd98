#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/queue_items.hpp"
#include "compat/op.hpp"
#include "fiber_backend/detail/queue_core.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/event.hpp"

namespace crossfade::fiber_backend {

/// A queue of items between tasks, with room for `maxsize` of them, or without a limit.
///
/// Order: an item put never goes to who waits directly; who waits is woken behind what is ready,
/// and who runs before may take the item, or the room, first. Waiters keep their places. From the
/// hub, where nobody may wait, `put_nowait` and `get_nowait` let a waiter run at once instead.
/// Cancellation: as any wait; an item not put yet is dropped. Threads: the loop's only. Lifetime:
/// who waits when it goes is left waiting. Source: gevent.queue.Queue. Differs: a queue is not
/// iterated, as no item of another type can be StopIteration; one of `std::optional<T>` has an end.
/// Differs from the portable `queue`: no hand-over, no close.
template <class T, class Items = crossfade::detail::fifo_items<T>>
class basic_queue : private detail::queue_core {
 public:
  explicit basic_queue(std::optional<std::size_t> maxsize = {}) noexcept : queue_core(maxsize) {}

  class put_op;
  template <bool Taken>
  class item_op;
  using get_op = item_op<true>;
  using peek_op = item_op<false>;
  /// Waits for room and puts the item. Throws: `queue_full` after `timeout`.
  [[nodiscard]] put_op put(T item, std::optional<duration> timeout = {}) {
    return {*this, std::move(item), timeout};
  }
  /// Throws: `queue_full`. Source: put_nowait.
  void put_nowait(T item) {
    make_room();
    add(std::move(item));
    unlock_for_getters();
  }
  /// Waits for an item and takes it out. Throws: `queue_empty` after `timeout`.
  [[nodiscard]] get_op get(std::optional<duration> timeout = {}) { return {*this, timeout}; }
  /// Throws: `queue_empty`. Source: get_nowait.
  T get_nowait() {
    make_item(true);
    return items_.get();
  }
  /// Waits for an item and gives a copy of it. Throws: `queue_empty` after `timeout`.
  [[nodiscard]] peek_op peek(std::optional<duration> timeout = {}) { return {*this, timeout}; }
  /// Throws: `queue_empty`. Source: peek_nowait.
  T peek_nowait() {
    make_item(false);
    return items_.peek();
  }

  std::size_t qsize() const noexcept { return items_.size(); }
  bool empty() const noexcept { return qsize() == 0; }
  bool full() const noexcept { return is_full(); }

 protected:
  /// An item has been put.
  virtual void was_put() {}

 private:
  std::size_t size() const noexcept override { return items_.size(); }
  void add(T item) {
    items_.put(std::move(item));
    was_put();
  }
  void add_item_of(detail::queue_wait& putter) override {
    add(std::move(static_cast<put_op&>(putter).item_));
  }

  Items items_;
};

template <class T, class Items>
class basic_queue<T, Items>::put_op final : public crossfade::detail::waitable<put_op>,
                                            private detail::queue_wait {
 public:
  put_op(basic_queue& q, T item, std::optional<duration> timeout)
      : crossfade::detail::waitable<put_op>(rules_of_this),
        queue_wait(q, timeout),
        queue_(q),
        item_(std::move(item)) {}

 private:
  friend crossfade::detail::waitable<put_op>;
  friend basic_queue;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<put_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{
      .name = "room in a gevent queue", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
  bool start() {
    if (!queue_.is_full()) {
      queue_.put_nowait(std::move(item_));
      return true;
    }
    begin_put(*this);
    return false;
  }
  void take() {
    end();
    if (expired()) detail::throw_full();
  }

  basic_queue& queue_;
  T item_;
};

/// The wait for an item, to take it out or to look at it.
template <class T, class Items>
template <bool Taken>
class basic_queue<T, Items>::item_op final : public crossfade::detail::waitable<item_op<Taken>>,
                                             private detail::queue_wait {
 public:
  item_op(basic_queue& q, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<item_op>(rules_of_this), queue_wait(q, timeout), queue_(q) {}

 private:
  friend crossfade::detail::waitable<item_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<item_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{.name = "an item of a gevent queue",
                                                               .leave = &leave,
                                                               .holder = nullptr,
                                                               .ended_by_guest = true};
  bool start() {
    if (!queue_.empty()) {
      if constexpr (Taken) queue_.unlock_for_putters();
      return true;
    }
    begin_get(*this);
    return false;
  }
  T take() {
    end();
    if (expired()) detail::throw_empty();
    if constexpr (Taken) {
      return queue_.items_.get();
    } else {
      return queue_.items_.peek();
    }
  }

  basic_queue& queue_;
};

/// First in, first out. Source: gevent.queue.Queue.
template <class T>
using queue = basic_queue<T>;
/// Last in, first out. Source: gevent.queue.LifoQueue.
template <class T>
using lifo_queue = basic_queue<T, crossfade::detail::lifo_items<T>>;
/// The least item first. Source: gevent.queue.PriorityQueue.
template <class T>
using priority_queue = basic_queue<T, crossfade::detail::ordered_items<T>>;

/// A queue without a limit that knows little else.
///
/// Order, Cancellation, Threads, Lifetime: as `basic_queue`. Source: gevent.queue.SimpleQueue,
/// which is Python's own. Differs: who was woken too late for an item keeps its place.
template <class T>
class simple_queue : private basic_queue<T> {
  using base = basic_queue<T>;

 public:
  simple_queue() = default;

  /// Never waits.
  void put(T item) { base::put_nowait(std::move(item)); }
  using base::empty;
  using base::get;
  using base::get_nowait;
  using base::put_nowait;
  using base::qsize;
};

/// A queue that knows how many of its items are not done yet.
///
/// Order, Cancellation, Threads, Lifetime: as `basic_queue`. Source: gevent.queue.JoinableQueue.
template <class T>
class joinable_queue final : public basic_queue<T> {
 public:
  explicit joinable_queue(std::optional<std::size_t> maxsize = {}) : basic_queue<T>(maxsize) {
    all_done_.set();
  }

  /// One item that was taken is done. Throws: `given_back_too_often` if none is left.
  void task_done() {
    if (unfinished_ == 0) {
      throw given_back_too_often(
          "joinable_queue::task_done: all items are done: call it once for each item taken");
    }
    if (--unfinished_ == 0) all_done_.set();
  }
  /// Waits until all items are done. False: not in time.
  [[nodiscard]] event::wait_op join(std::optional<duration> timeout = {}) {
    return all_done_.wait(timeout);
  }
  std::size_t unfinished_tasks() const noexcept { return unfinished_; }

 private:
  void was_put() override {
    ++unfinished_;
    all_done_.clear();
  }

  event all_done_;
  std::size_t unfinished_ = 0;
};

}  // namespace crossfade::fiber_backend
