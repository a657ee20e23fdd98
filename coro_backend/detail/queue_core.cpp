#include "coro_backend/detail/queue_core.hpp"

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

crossfade::task<> queue_core::wait_for_room() {
  static constexpr auto rules = private_rules("room in an asyncio queue");
  while (full()) {
    counted<queued_future> putter;
    try {
      queued_wait wait(get_running_loop(), putters_, rules);
      putter = counted(&wait.future());
      co_await *wait;
    } catch (...) {
      // Woken, but it cannot take up the call.
      if (!full() && putter->finished()) putters_.wake_next();
      throw;
    }
  }
}

crossfade::task<> queue_core::wait_for_item() {
  static constexpr auto rules = private_rules("an item of an asyncio queue");
  while (empty()) {
    counted<queued_future> getter;
    try {
      queued_wait wait(get_running_loop(), getters_, rules);
      getter = counted(&wait.future());
      co_await *wait;
    } catch (...) {
      if (!empty() && getter->finished()) getters_.wake_next();
      throw;
    }
  }
}

void queue_core::require_room() const {
  if (full()) throw queue_full("an asyncio queue is full");
}

void queue_core::require_item() const {
  if (empty()) throw queue_empty("an asyncio queue is empty");
}

void queue_core::was_put() noexcept {
  ++size_;
  ++unfinished_;
  finished_.clear();
  getters_.wake_next();
}

void queue_core::was_taken() noexcept {
  --size_;
  putters_.wake_next();
}

void queue_core::task_done() {
  if (unfinished_ == 0) throw value_error("task_done is called more often than items were put");
  if (--unfinished_ == 0) finished_.set();
}

crossfade::task<> queue_core::join() {
  if (unfinished_ > 0) co_await finished_.wait();
}

}  // namespace crossfade::coro_backend::detail
