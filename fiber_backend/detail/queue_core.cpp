#include "fiber_backend/detail/queue_core.hpp"

#include "compat/detail/scheduler.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend::detail {

void throw_full() { throw queue_full("the queue has no room"); }
void throw_empty() { throw queue_empty("the queue has no item"); }

bool on_hub() noexcept {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  return sched != nullptr && sched->current == nullptr;
}

// --- waits ---

void queue_wait::call() { wake_now(*op_); }

void queue_wait::begin(crossfade::detail::op_base& op, link_list& mine, const link_list& others) {
  op_ = &op;
  mine.push(*this);
  limit_.begin(op, length_);
  if (!others.empty()) of_.schedule_unlock();
}

void queue_wait::begin_put(crossfade::detail::op_base& op) {
  begin(op, of_.putters_, of_.getters_);
}

void queue_wait::begin_get(crossfade::detail::op_base& op) {
  begin(op, of_.getters_, of_.putters_);
}

void queue_wait::leave() noexcept {
  if (linked()) (linked_in(of_.putters_) ? of_.putters_ : of_.getters_).remove(*this);
  limit_.end();
}

// --- queues ---

queue_core::~queue_core() {
  if (gone_ != nullptr) *gone_ = true;
  if (unlocker_.queued) sched_->ready.remove(unlocker_);
}

void queue_core::schedule_unlock() noexcept {
  if (unlocker_.queued || gone_ != nullptr) return;
  sched_ = crossfade::detail::this_scheduler;
  sched_->ready.push(unlocker_);
}

void queue_core::unlocker::take_turn(crossfade::detail::ready_callback& n, use how) {
  if (how == use::discard) return;
  queue_core& self = static_cast<unlocker&>(n).self;
  bool gone = false;
  self.gone_ = &gone;
  self.unlock(gone);
  if (!gone) self.gone_ = nullptr;
}

void queue_core::unlock(const bool& gone) {
  bool again = true;
  while (again) {
    again = false;
    if (!putters_.empty() && !is_full()) {
      again = true;
      auto& putter = static_cast<queue_wait&>(putters_.pop());
      add_item_of(putter);
      putter.call();
      if (gone) return;
    }
    if (!getters_.empty() && size() > 0) {
      again = true;
      getters_.pop().call();
      if (gone) return;
    }
  }
}

void queue_core::make_room() {
  if (!is_full()) return;
  if (on_hub()) {
    while (!getters_.empty() && size() > 0 && is_full()) getters_.pop().call();
  }
  if (is_full()) throw_full();
}

void queue_core::make_item(bool taken) {
  if (size() > 0) {
    if (taken) unlock_for_putters();
    return;
  }
  if (on_hub()) {
    while (!putters_.empty() && size() == 0) {
      auto& putter = static_cast<queue_wait&>(putters_.pop());
      add_item_of(putter);
      putter.call();
    }
  }
  if (size() == 0) throw_empty();
}

}  // namespace crossfade::fiber_backend::detail
