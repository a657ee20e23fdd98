#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {
template <class T>
class get_op;
template <class T>
class put_op;
}  // namespace detail

/// Items passed between tasks of either backend, first in, first out.
///
/// Order: FIFO for items, for those who wait to get and for those who wait to put; an item goes
/// straight to the longest waiting getter, nobody can barge in. Units: `capacity` counts items; a
/// `put` beyond it waits. Cancellation: a cancelled waiter leaves; a getter that had been given an
/// item has it, and is cancelled at its next wait, so no item is lost; the item of a cancelled
/// putter was never in and goes with its wait; a putter whose item had been let in returns
/// normally. Threads: the loop's only. Lifetime: outlives its waiters; the destructor ends the
/// program otherwise; items that are left go with it. Throws: `queue_closed`; what moving an item
/// throws, and then no waiter and no item that is in is lost. Source: asyncio.Queue,
/// gevent.queue.Queue. Differs: it can be closed.
template <class T>
class queue {
 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  /// Throws: `usage_error` if `capacity` is 0.
  explicit queue(std::size_t capacity = unbounded) : capacity_(capacity) {
    if (capacity == 0) throw usage_error("queue: capacity is 0; expected at least 1");
  }
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;
  ~queue() {
    detail::require_no_waiters("a queue", getters_);
    detail::require_no_waiters("a queue", putters_);
  }

  /// Waits for room, then puts the item in. Throws: `queue_closed`.
  detail::put_op<T> put(T item) { return detail::put_op<T>(*this, std::move(item)); }
  /// Waits for an item and takes it. Throws: `queue_closed` once the queue is closed and empty.
  detail::get_op<T> get() { return detail::get_op<T>(*this); }

  /// Puts the item in if there is room now; otherwise it stays the caller's. Throws:
  /// `queue_closed`.
  bool try_put(T&& item);
  /// Takes an item if there is one now.
  std::optional<T> try_get();

  /// No further item comes in: a `put` throws `queue_closed`, also one that waits; its item goes
  /// with it. What is in can still be taken; those who wait for an item that will not come get
  /// `queue_closed`. Who has been woken already has or has put its item. Idempotent.
  void close() noexcept;
  bool closed() const noexcept { return closed_; }
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }

 private:
  friend detail::get_op<T>;
  friend detail::put_op<T>;
  using getter = detail::get_op<T>;
  using putter = detail::put_op<T>;

  bool take_into(std::optional<T>& item);

  std::size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  // While getters wait there is no item, while putters wait there is no room.
  detail::wait_queue getters_;
  detail::wait_queue putters_;
};

namespace detail {

template <class T>
class get_op final : public waitable<get_op<T>> {
 public:
  explicit get_op(queue<T>& q) noexcept : waitable<get_op>(rules_of_this), queue_(q) {}

 private:
  friend queue<T>;
  friend waitable<get_op>;
  static bool leave(op_base& o) noexcept {
    static_cast<get_op&>(o).queue_.getters_.remove(o);
    return true;
  }
  static constexpr wait_rules rules_of_this{
      .name = "an item of a queue", .leave = &leave, .holder = nullptr};

  bool start() {
    if (queue_.take_into(item_) || queue_.closed_) return true;
    queue_.getters_.push(*this);
    return false;
  }
  T take() {
    if (!item_) throw queue_closed("get: the queue is closed and empty");
    return std::move(*item_);
  }

  queue<T>& queue_;
  std::optional<T> item_;
};

template <class T>
class put_op final : public waitable<put_op<T>> {
 public:
  put_op(queue<T>& q, T&& item)
      : waitable<put_op>(rules_of_this), queue_(q), item_(std::move(item)) {}

 private:
  friend queue<T>;
  friend waitable<put_op>;
  static bool leave(op_base& o) noexcept {
    static_cast<put_op&>(o).queue_.putters_.remove(o);
    return true;
  }
  static constexpr wait_rules rules_of_this{
      .name = "room in a queue", .leave = &leave, .holder = nullptr};

  bool start() {
    if (queue_.try_put(std::move(item_))) return true;
    queue_.putters_.push(*this);
    return false;
  }
  void take() const {
    if (refused_) throw queue_closed("put: the queue was closed");
  }

  queue<T>& queue_;
  T item_;
  bool refused_ = false;
};

}  // namespace detail

template <class T>
bool queue<T>::try_put(T&& item) {
  if (closed_) throw queue_closed("put: the queue is closed");
  if (!getters_.empty()) {
    auto& waiting = static_cast<getter&>(*getters_.front());
    waiting.item_.emplace(std::move(item));  // may throw: until it is done, the getter waits
    getters_.pop();
    waiting.complete();
    return true;
  }
  if (items_.size() >= capacity_) return false;
  items_.push_back(std::move(item));
  return true;
}

template <class T>
std::optional<T> queue<T>::try_get() {
  std::optional<T> item;
  take_into(item);
  return item;
}

template <class T>
bool queue<T>::take_into(std::optional<T>& item) {
  if (items_.empty()) return false;
  if (!putters_.empty()) {
    // Before the item is taken: if this throws, nothing has happened.
    auto& waiting = static_cast<putter&>(*putters_.front());
    items_.push_back(std::move(waiting.item_));
    putters_.pop();
    waiting.complete();
  }
  item.emplace(std::move(items_.front()));
  items_.pop_front();
  return true;
}

template <class T>
void queue<T>::close() noexcept {
  closed_ = true;
  while (!getters_.empty()) getters_.pop().complete();
  while (!putters_.empty()) {
    auto& waiting = static_cast<putter&>(putters_.pop());
    waiting.refused_ = true;
    waiting.complete();
  }
}

}  // namespace crossfade
