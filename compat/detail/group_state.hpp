#pragma once

#include <exception>
#include <string>
#include <vector>

#include "compat/detail/cancel_scope.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/op.hpp"

namespace crossfade::detail {

/// The children of a task group. The scope interrupts the body when a child fails.
class group_state {
 public:
  group_state() = default;
  group_state(const group_state&) = delete;
  group_state& operator=(const group_state&) = delete;

  task_state& owner() const noexcept { return scope_.task(); }
  /// Around the group in its owner.
  const cancel_scope& scope() const noexcept { return scope_; }
  void child_started(task_state& child);
  void child_ended(task_state& child) noexcept;

  /// Cancels children and body. Idempotent; the first reason wins.
  void cancel(const std::string& reason);
  bool empty() const noexcept { return children_.front() == nullptr; }
  /// Waits until no child is left.
  op<> all_ended();

  /// The body ended with an exception: the children have nothing left to work for.
  void body_failed(std::exception_ptr error);
  /// After all have ended: throws what the group as a whole ends with, if anything.
  void rethrow();

 private:
  static bool is_empty(op<>& o);
  static bool leave(op_base& o) noexcept;
  static void add_children(const op_base& o, std::vector<std::uint64_t>& ids);

  cancel_scope scope_;
  task_list<&task_state::in_group> children_;
  wait_queue waiting_;  // the owner, at the end of the body
  std::vector<std::exception_ptr> failures_;
  std::exception_ptr unwinding_;  // the body was cancelled from outside
};

}  // namespace crossfade::detail
