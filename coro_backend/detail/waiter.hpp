#pragma once

#include <utility>

#include "coro_backend/detail/future_core.hpp"
#include "coro_backend/detail/wait.hpp"
#include "coro_backend/handle.hpp"

namespace crossfade::coro_backend::detail {

/// Takes a timer back when the scope ends.
class scoped_timer {
 public:
  explicit scoped_timer(timer_handle timer) noexcept : timer_(std::move(timer)) {}
  scoped_timer(const scoped_timer&) = delete;
  scoped_timer& operator=(const scoped_timer&) = delete;
  ~scoped_timer() { timer_.cancel(); }

 private:
  timer_handle timer_;
};

/// A private future that stands in the queue of what is waited for.
class queued_future final : public private_future {
 public:
  using private_future::private_future;

 private:
  friend class waiter_list;
  queued_future* next_ = nullptr;
  queued_future* before_ = nullptr;
  bool queued_ = false;
};

/// Those who wait for the same thing, longest first. One stays until its task has had its turn, or
/// somebody takes it out.
class waiter_list {
 public:
  waiter_list() = default;
  waiter_list(const waiter_list&) = delete;
  waiter_list& operator=(const waiter_list&) = delete;

  queued_future* front() const noexcept { return first_; }
  static queued_future* after(const queued_future& f) noexcept { return f.next_; }
  void push(queued_future& f) noexcept;
  /// Nothing, if it does not stand here.
  void remove(queued_future& f) noexcept;
  /// Takes out and wakes the first that still waits, and takes out those before.
  void wake_next() noexcept;

 private:
  queued_future* first_ = nullptr;
  queued_future* last_ = nullptr;
};

/// One wait in a list, which it leaves when the scope ends.
class queued_wait {
 public:
  queued_wait(event_loop& owner, waiter_list& list, const crossfade::detail::wait_rules& rules)
      : list_(list), future_(new queued_future(owner, rules)), wait_(*future_) {
    list_.push(*future_);
  }
  queued_wait(const queued_wait&) = delete;
  queued_wait& operator=(const queued_wait&) = delete;
  ~queued_wait() { list_.remove(*future_); }

  queued_future& future() const noexcept { return *future_; }
  future_wait<void>& operator*() noexcept { return wait_; }

 private:
  waiter_list& list_;
  counted<queued_future> future_;
  future_wait<void> wait_;
};

}  // namespace crossfade::coro_backend::detail
