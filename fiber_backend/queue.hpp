#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "fiber_backend/detail/queue_core.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/event.hpp"

namespace crossfade::fiber_backend {

namespace detail {

/// First in, first out.
template <class T>
class fifo_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) { items_.push_back(std::move(item)); }
  T get() {
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  const T& peek() const noexcept { return items_.front(); }

 private:
  std::deque<T> items_;
};

/// Last in, first out.
template <class T>
class lifo_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) { items_.push_back(std::move(item)); }
  T get() {
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  const T& peek() const noexcept { return items_.back(); }

 private:
  std::vector<T> items_;
};

/// The least first.
template <class T>
class least_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) {
    items_.push_back(std::move(item));
    std::push_heap(items_.begin(), items_.end(), std::greater<>());
  }
  T get() {
    std::pop_heap(items_.begin(), items_.end(), std::greater<>());
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  const T& peek() const noexcept { return items_.front(); }

 private:
  std::vector<T> items_;
};

}  // namespace detail

/// A queue of items between tasks, with room for `maxsize` of them, or without a limit.
///
/// Order: an item put never goes to who waits directly; who waits is woken behind what is ready,
/// and who runs before may take the item, or the room, first. Waiters keep their places. From the
/// hub, where nobody may wait, `put_nowait` and `get_nowait` let a waiter run at once instead.
/// Cancellation: as any wait; an item not put yet is dropped. Threads: the loop's only. Lifetime:
/// who waits when it goes is left waiting. Source: gevent.queue.Queue. Differs from the portable
/// `queue`: no hand-over, no close; a queue is not iterated.
template <class T, class Items = detail::fifo_items<T>>
class basic_queue : private detail::queue_core {
 public:
  explicit basic_queue(std::optional<std::size_t> maxsize = {}) noexcept : queue_core(maxsize) {}

  class put_op;
  class get_op;
  class peek_op;
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

template <class T, class Items>
class basic_queue<T, Items>::get_op final : public crossfade::detail::waitable<get_op>,
                                            private detail::queue_wait {
 public:
  get_op(basic_queue& q, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<get_op>(rules_of_this), queue_wait(q, timeout), queue_(q) {}

 private:
  friend crossfade::detail::waitable<get_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<get_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{.name = "an item of a gevent queue",
                                                               .leave = &leave,
                                                               .holder = nullptr,
                                                               .ended_by_guest = true};
  bool start() {
    if (!queue_.empty()) {
      queue_.unlock_for_putters();
      return true;
    }
    begin_get(*this);
    return false;
  }
  T take() {
    end();
    if (expired()) detail::throw_empty();
    return queue_.items_.get();
  }

  basic_queue& queue_;
};

template <class T, class Items>
class basic_queue<T, Items>::peek_op final : public crossfade::detail::waitable<peek_op>,
                                             private detail::queue_wait {
 public:
  peek_op(basic_queue& q, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<peek_op>(rules_of_this), queue_wait(q, timeout), queue_(q) {}

 private:
  friend crossfade::detail::waitable<peek_op>;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<peek_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{.name = "an item of a gevent queue",
                                                               .leave = &leave,
                                                               .holder = nullptr,
                                                               .ended_by_guest = true};
  bool start() {
    if (!queue_.empty()) return true;
    begin_get(*this);
    return false;
  }
  T take() {
    end();
    if (expired()) detail::throw_empty();
    return queue_.items_.peek();
  }

  basic_queue& queue_;
};

/// First in, first out. Source: gevent.queue.Queue; without `maxsize`, SimpleQueue.
template <class T>
using queue = basic_queue<T>;
template <class T>
using simple_queue = basic_queue<T>;
/// Last in, first out. Source: gevent.queue.LifoQueue.
template <class T>
using lifo_queue = basic_queue<T, detail::lifo_items<T>>;
/// The least item first. Source: gevent.queue.PriorityQueue.
template <class T>
using priority_queue = basic_queue<T, detail::least_items<T>>;

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
