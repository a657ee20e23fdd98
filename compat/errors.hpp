#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade {

class wait_graph;

namespace detail {
class cancel_scope;
class task_state;
}  // namespace detail

/// The interface was used wrongly; the message says where, what was found and what to do instead.
class usage_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Thrown out of a wait of a task that has been cancelled, to unwind it.
///
/// Deliberately no `std::exception`: a handler for errors does not catch it. Who does catch it (by
/// `catch (...)` or by name) cleans up and rethrows; a task that swallows it is reported once.
/// Source: asyncio.CancelledError and gevent.GreenletExit, which are no `Exception` either.
class cancelled {
 public:
  explicit cancelled(std::string reason) : reason_(std::move(reason)) {}
  /// Why, in the words of the first who cancelled.
  const std::string& reason() const noexcept { return reason_; }

 private:
  friend class detail::cancel_scope;
  friend class detail::task_state;
  std::string reason_;
  std::uint64_t scope_ = 0;  // the scope that asked for it; 0: the task as a whole
};

/// The body of a `with_timeout` had not ended in time; it has unwound by now.
/// Source: asyncio.TimeoutError. Differs: thrown only by the scope that expired.
class timeout_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The task one joined was cancelled. It is the joined task's end, not the joiner's: that is why it
/// is an ordinary error and not `cancelled`.
class task_cancelled : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The queue was closed and, for a `get`, is empty.
class queue_closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The barrier one waits at was aborted, or reset before all had come.
class broken_barrier : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Several tasks of one group failed; all their exceptions, in the order in which they failed.
/// Source: ExceptionGroup. Differs: a single failure is thrown as it is.
class task_group_error : public std::runtime_error {
 public:
  explicit task_group_error(std::vector<std::exception_ptr> failures);
  const std::vector<std::exception_ptr>& failures() const noexcept { return failures_; }

 private:
  std::vector<std::exception_ptr> failures_;
};

/// Every task waits and nothing can wake one: no ready work, timer, I/O or thread is left. The
/// message lists who waits for what, held by whom. Source: gevent.exceptions.LoopExit. Differs:
/// thrown out of `loop::run` on both backends, with the graph.
class deadlock : public std::runtime_error {
 public:
  deadlock(const std::string& headline, wait_graph graph);
  /// The moment it was found.
  const wait_graph& graph() const noexcept { return *graph_; }

 private:
  std::shared_ptr<const wait_graph> graph_;  // copies of the exception share it
};

/// What an exception says of itself: its `what()`, a cancellation's reason, or that it says
/// nothing.
std::string describe(const std::exception_ptr& error);

}  // namespace crossfade
