#pragma once

#include <cstddef>

#include "compat/task.hpp"
#include "coro_backend/detail/waiter.hpp"
#include "coro_backend/event.hpp"

namespace crossfade::coro_backend::detail {

/// What is the same of all queues: how many, and who waits.
class queue_core {
 public:
  explicit queue_core(std::size_t maxsize) noexcept : maxsize_(maxsize) { finished_.set(); }
  queue_core(const queue_core&) = delete;
  queue_core& operator=(const queue_core&) = delete;

  std::size_t qsize() const noexcept { return size_; }
  std::size_t maxsize() const noexcept { return maxsize_; }
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return maxsize_ > 0 && size_ >= maxsize_; }

  crossfade::task<> wait_for_room();
  crossfade::task<> wait_for_item();
  void require_room() const;
  void require_item() const;
  void was_put() noexcept;
  void was_taken() noexcept;
  void task_done();
  crossfade::task<> join();

 private:
  const std::size_t maxsize_;
  std::size_t size_ = 0;
  std::size_t unfinished_ = 0;
  event finished_;
  waiter_list getters_;
  waiter_list putters_;
};

}  // namespace crossfade::coro_backend::detail
