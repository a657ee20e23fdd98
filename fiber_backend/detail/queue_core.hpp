#pragma once

#include <cstddef>
#include <optional>

#include "compat/clock.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/ready_queue.hpp"
#include "fiber_backend/detail/link.hpp"
#include "fiber_backend/detail/wake.hpp"

namespace crossfade::fiber_backend::detail {

class queue_core;

[[noreturn]] void throw_full();
[[noreturn]] void throw_empty();
/// Who waits in a place where nobody may: on the hub.
bool on_hub() noexcept;

/// A wait in a queue or channel: in the list of those who put, or of those who get.
class queue_wait : public link_node {
 public:
  void call() override;
  void drop() noexcept override {}

 protected:
  queue_wait(queue_core& of, std::optional<duration> limit) noexcept : of_(of), length_(limit) {}

  void begin_put(crossfade::detail::op_base& op);
  void begin_get(crossfade::detail::op_base& op);
  void leave() noexcept;
  bool expired() const noexcept { return limit_.expired(); }
  void end() noexcept { limit_.end(); }

 private:
  void begin(crossfade::detail::op_base& op, link_list& mine, const link_list& others);

  queue_core& of_;
  std::optional<duration> length_;
  crossfade::detail::op_base* op_ = nullptr;
  wait_limit limit_;
};

/// What all queues share: who waits, and the one turn in which they are woken, one after the other,
/// for as long as one of them can go on.
class queue_core {
 public:
  queue_core(const queue_core&) = delete;
  queue_core& operator=(const queue_core&) = delete;
  virtual ~queue_core();

 protected:
  explicit queue_core(std::optional<std::size_t> maxsize) noexcept
      : maxsize_(maxsize.value_or(0)) {}

  virtual std::size_t size() const noexcept = 0;
  virtual void add_item_of(queue_wait& putter) = 0;
  /// As long as somebody can go on. Stops if `gone` becomes true: the queue is no more.
  virtual void unlock(const bool& gone);

  bool is_full() const noexcept { return maxsize_ > 0 && size() >= maxsize_; }
  /// Without waiting: throws `queue_full` if there is none to be had.
  void make_room();
  /// The same for an item, which is to be `taken` out.
  void make_item(bool taken);
  void unlock_for_getters() noexcept {
    if (!getters_.empty()) schedule_unlock();
  }
  void unlock_for_putters() noexcept {
    if (!putters_.empty()) schedule_unlock();
  }

  link_list getters_;
  link_list putters_;

 private:
  friend class queue_wait;
  struct unlocker : crossfade::detail::ready_callback {
    explicit unlocker(queue_core& q) noexcept : ready_callback(&take_turn), self(q) {}
    static void take_turn(crossfade::detail::ready_callback& n, use how);
    queue_core& self;
  };
  void schedule_unlock() noexcept;

  const std::size_t maxsize_;  // 0: no limit
  unlocker unlocker_{*this};
  bool* gone_ = nullptr;  // while unlocking, which may destroy the queue
  crossfade::detail::scheduler* sched_ = nullptr;
};

}  // namespace crossfade::fiber_backend::detail
