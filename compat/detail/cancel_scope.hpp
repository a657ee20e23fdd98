#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "compat/clock.hpp"

namespace crossfade::detail {

class task_state;

/// A stretch of one task that can be interrupted, or shielded, on its own. Scopes of a task nest.
///
/// A scope that is cancelled has `cancelled` thrown at a wait inside it, once, marked with its
/// identity; only that scope then recognises the exception as its own. Of several that are due the
/// outermost is thrown, and a cancellation of the whole task before all scopes. A shield hides what
/// lies outside of it.
class cancel_scope {
 public:
  enum class kind : std::uint8_t { interruptible, shield };

  /// Opens a scope in the running task. Scopes are closed in reverse order.
  explicit cancel_scope(kind k = kind::interruptible);
  ~cancel_scope();
  cancel_scope(const cancel_scope&) = delete;
  cancel_scope& operator=(const cancel_scope&) = delete;

  /// Idempotent; the first reason wins.
  void cancel(std::string reason);
  bool cancel_called() const noexcept { return requested_; }
  task_state& task() const noexcept { return task_; }

  /// Whether `error` is this scope's own cancellation, delivered.
  bool owns(const std::exception_ptr& error) const noexcept;

 protected:
  /// When this scope will be cancelled by itself.
  void set_deadline(time_point due) noexcept { deadline_ = due; }

 private:
  friend class task_state;

  task_state& task_;
  cancel_scope* const outer_;
  const std::uint64_t id_;
  const kind kind_;
  time_point deadline_ = time_point::max();
  bool requested_ = false;
  bool delivered_ = false;
  std::string reason_;
};

}  // namespace crossfade::detail
