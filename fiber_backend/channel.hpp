#pragma once

#include <optional>
#include <utility>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "fiber_backend/detail/queue_core.hpp"

namespace crossfade::fiber_backend {

namespace detail {

class channel_core : public queue_core {
 protected:
  channel_core() noexcept : queue_core(std::nullopt) {}
  virtual void pass_item(queue_wait& putter, queue_wait& getter) = 0;

 private:
  std::size_t size() const noexcept override { return 0; }
  void add_item_of(queue_wait& /*putter*/) override {}
  void unlock(const bool& gone) override;
};

}  // namespace detail

/// Passes items from a task that puts to one that gets; each waits for the other.
///
/// Order: both are woken behind what is ready, who gets first. Cancellation: as any wait; an item
/// not passed yet is dropped. Threads: the loop's only. Lifetime: as `basic_queue`. Source:
/// gevent.queue.Channel. Differs: not used from the hub.
template <class T>
class channel final : private detail::channel_core {
 public:
  channel() = default;

  class put_op;
  class get_op;
  /// Waits until somebody has got the item. Throws: `queue_full` after `timeout`.
  [[nodiscard]] put_op put(T item, std::optional<duration> timeout = {}) {
    return {*this, std::move(item), timeout};
  }
  /// The same, for as long as anything is ready: a wait all the same. Source: put_nowait.
  [[nodiscard]] put_op put_nowait(T item) { return put(std::move(item), duration::zero()); }
  /// Waits until somebody puts an item. Throws: `queue_empty` after `timeout`.
  [[nodiscard]] get_op get(std::optional<duration> timeout = {}) { return {*this, timeout}; }
  /// The same, for as long as anything is ready: a wait all the same. Source: get_nowait.
  [[nodiscard]] get_op get_nowait() { return get(duration::zero()); }

 private:
  void pass_item(detail::queue_wait& putter, detail::queue_wait& getter) override {
    static_cast<get_op&>(getter).item_.emplace(std::move(static_cast<put_op&>(putter).item_));
  }
};

template <class T>
class channel<T>::put_op final : public crossfade::detail::waitable<put_op>,
                                 private detail::queue_wait {
 public:
  put_op(channel& c, T item, std::optional<duration> timeout)
      : crossfade::detail::waitable<put_op>(rules_of_this),
        queue_wait(c, timeout),
        item_(std::move(item)) {}

 private:
  friend crossfade::detail::waitable<put_op>;
  friend channel;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<put_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{.name = "who gets from a channel",
                                                               .leave = &leave,
                                                               .holder = nullptr,
                                                               .ended_by_guest = true};
  bool start() {
    begin_put(*this);
    return false;
  }
  void take() {
    end();
    if (expired()) detail::throw_full();
  }

  T item_;
};

template <class T>
class channel<T>::get_op final : public crossfade::detail::waitable<get_op>,
                                 private detail::queue_wait {
 public:
  get_op(channel& c, std::optional<duration> timeout) noexcept
      : crossfade::detail::waitable<get_op>(rules_of_this), queue_wait(c, timeout) {}

 private:
  friend crossfade::detail::waitable<get_op>;
  friend channel;
  static bool leave(crossfade::detail::op_base& op) noexcept {
    static_cast<get_op&>(op).queue_wait::leave();
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{
      .name = "who puts to a channel", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
  bool start() {
    begin_get(*this);
    return false;
  }
  T take() {
    end();
    if (expired()) detail::throw_empty();
    return std::move(*item_);
  }

  std::optional<T> item_;
};

}  // namespace crossfade::fiber_backend
