#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "compat/errors.hpp"

namespace crossfade::coro_backend {

/// What `cancel` may say of its reason. It arrives where the cancellation does.
using cancel_message = std::optional<std::string>;

/// Thrown into a task that is cancelled, and by what is done and was cancelled.
///
/// No `std::exception`, as its base, so that handlers for errors pass it by; clean-up written for
/// `cancelled` catches it. Source: asyncio.CancelledError, a BaseException.
class cancelled_error : public cancelled {
 public:
  explicit cancelled_error(cancel_message message = {})
      : cancelled(message.value_or("cancelled")), message_(std::move(message)) {}
  /// None: nobody gave one.
  const cancel_message& message() const noexcept { return message_; }

 private:
  cancel_message message_;
};

/// A future is done already, or is not yet. Source: asyncio.InvalidStateError.
class invalid_state_error : public usage_error {
 public:
  using usage_error::usage_error;
};

/// A value that cannot be, or more was given back than taken. Source: the ValueError that asyncio
/// raises.
class value_error : public usage_error {
 public:
  using usage_error::usage_error;
};

/// Source: asyncio.QueueEmpty.
class queue_empty : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Source: asyncio.QueueFull.
class queue_full : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Source: asyncio.TimeoutError.
using timeout_error = crossfade::timeout_error;

/// Source: asyncio.BrokenBarrierError.
using broken_barrier_error = crossfade::broken_barrier;

/// SIGINT has ended a run; see `runner`. No `std::exception`. Source: KeyboardInterrupt.
class keyboard_interrupt {};

/// Several errors of which at least one is no `std::exception`. It is none itself.
/// Source: BaseExceptionGroup.
class base_exception_group {
 public:
  base_exception_group(std::string message, std::vector<std::exception_ptr> exceptions)
      : message_(std::move(message)), exceptions_(std::move(exceptions)) {}
  base_exception_group(const base_exception_group&) = default;
  base_exception_group& operator=(const base_exception_group&) = default;
  virtual ~base_exception_group() = default;
  const std::string& message() const noexcept { return message_; }
  const std::vector<std::exception_ptr>& exceptions() const noexcept { return exceptions_; }

 private:
  std::string message_;
  std::vector<std::exception_ptr> exceptions_;
};

/// Several errors, each a `std::exception`. Source: ExceptionGroup.
class exception_group : public base_exception_group, public std::runtime_error {
 public:
  exception_group(const std::string& message, std::vector<std::exception_ptr> exceptions)
      : base_exception_group(message, std::move(exceptions)), std::runtime_error(message) {}
};

/// Throws a group of the right kind.
[[noreturn]] void throw_exception_group(const std::string& message,
                                        std::vector<std::exception_ptr> exceptions);

}  // namespace crossfade::coro_backend
