#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "compat/clock.hpp"
#include "compat/errors.hpp"

namespace crossfade::fiber_backend {

/// Thrown into a greenlet to end it. A greenlet that it ends is successful.
///
/// Deliberately no `std::exception`: a handler for errors does not catch it. A class of one's own
/// may be derived from it. Source: gevent.GreenletExit.
class greenlet_exit {
 public:
  explicit greenlet_exit(std::string reason = "killed") : reason_(std::move(reason)) {}
  greenlet_exit(const greenlet_exit&) = default;
  greenlet_exit& operator=(const greenlet_exit&) = default;
  virtual ~greenlet_exit() = default;
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_;
};

/// A `timeout` has expired, or a `get` with a time limit has. No `std::exception`: gevent's derives
/// from BaseException, so that a handler for errors does not catch it. Source: gevent.Timeout as an
/// exception. Differs: the exception is a value; `timeout::raised` tells whose it is.
class timeout_expired {
 public:
  explicit timeout_expired(std::uint64_t timeout_id = 0) noexcept : timeout_id_(timeout_id) {}
  /// The `timeout::id` of who threw it; 0: the time limit of a single wait.
  std::uint64_t timeout_id() const noexcept { return timeout_id_; }

 private:
  std::uint64_t timeout_id_;
};

/// Thrown out of the wait of the run's main task when nothing is left that could end it; the task
/// may go on. Source: gevent.exceptions.LoopExit.
class loop_exit : public deadlock {
 public:
  using deadlock::deadlock;
};

/// There is no item, or none came in time. Source: gevent.queue.Empty.
class queue_empty : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There is no room, or none came in time. Source: gevent.queue.Full.
class queue_full : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The pool has no room for another greenlet, or got none in time. Source: gevent.pool.PoolFull.
class pool_full : public queue_full {
 public:
  using queue_full::queue_full;
};

/// More was given back than taken: to a `bounded_semaphore`, or by `task_done`. Source: the
/// ValueError of both.
class given_back_too_often : public usage_error {
 public:
  using usage_error::usage_error;
};

/// An `rlock` is released by who does not own it. Source: the RuntimeError of gevent.lock.RLock.
class not_owner : public usage_error {
 public:
  using usage_error::usage_error;
};

/// A `local` has no value here yet. Source: the AttributeError of gevent.local.
class no_local_value : public usage_error {
 public:
  using usage_error::usage_error;
};

/// A `timeout` is started that is pending or closed. Source: the AssertionError of Timeout.start.
class cannot_start : public usage_error {
 public:
  using usage_error::usage_error;
};

}  // namespace crossfade::fiber_backend
