#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace crossfade::detail {

class op_base;
class task_state;

/// What the runtime must know of a kind of wait.
struct wait_rules {
  /// What a report says the task waits for: "a lock".
  const char* name;
  /// The task is interrupted. True: the operation has left what it waited in, and nobody will
  /// complete it. False: it will be completed all the same, later.
  bool (*leave)(op_base&) noexcept;
  /// The id of the task that holds what is waited for, 0 if none does, for reports; null where none
  /// can be named.
  std::uint64_t (*holder)(const op_base&) noexcept;
  /// The holder need not let go of anything: the wait is for its end.
  bool until_end = false;
  /// Where the wait is for several tasks, instead of `holder`: adds the id of each.
  void (*holders)(const op_base&, std::vector<std::uint64_t>& ids) = nullptr;
  /// What else a report says, after the name: ", 2 s more".
  std::string (*details)(const op_base&) = nullptr;
  /// Where this is the wait of the run's main task and nothing can end it: the guest of the loop
  /// ends it, not the run.
  bool ended_by_guest = false;
};

/// One wait of one task, of either kind: a node in the queue of what it waits for.
///
/// Lives in the expression that awaits it, on a stack or in a frame, so nothing is allocated for a
/// wait.
class op_base {
 public:
  op_base(const op_base&) = delete;
  op_base& operator=(const op_base&) = delete;

  task_state& task() const noexcept { return *task_; }
  const wait_rules& rule_set() const noexcept { return *rules_; }

  /// Whether nobody has stood longer in the queue this stands in.
  bool is_first() const noexcept { return before_ == nullptr; }
  /// How many have come to that queue since.
  std::size_t how_many_behind() const noexcept;

  /// What was waited for has come: the task gets its turn, at the end of the ready queue.
  void complete() noexcept;
  /// As `complete`, but the task throws what interrupted it instead of taking a result.
  void complete_interrupted() noexcept;
  /// Makes the completion that is still to come an interrupted one.
  void interrupt_on_completion() noexcept { interrupt_on_completion_ = true; }

 protected:
  explicit op_base(const wait_rules& rules) noexcept : rules_(&rules) {}
  ~op_base() = default;

  enum class status : std::uint8_t { waiting, done, interrupted };

 private:
  friend class task_state;
  friend class wait_queue;
  template <class Derived>
  friend class waitable;

  op_base* next_;    // in a queue
  op_base* before_;  // in a queue
  const wait_rules* rules_;
  task_state* task_;  // once it is awaited
  status status_ = status::waiting;
  bool interrupt_on_completion_ = false;
};

inline std::size_t op_base::how_many_behind() const noexcept {
  std::size_t count = 0;
  for (const op_base* o = next_; o != nullptr; o = o->next_) ++count;
  return count;
}

/// Tasks of both kinds that wait for the same thing, longest first.
class wait_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  op_base* front() const noexcept { return head_; }

  void push(op_base& op) noexcept {
    op.next_ = nullptr;
    op.before_ = tail_;
    (tail_ != nullptr ? tail_->next_ : head_) = &op;
    tail_ = &op;
  }

  void remove(op_base& op) noexcept {
    (op.before_ != nullptr ? op.before_->next_ : head_) = op.next_;
    (op.next_ != nullptr ? op.next_->before_ : tail_) = op.before_;
  }

  op_base& pop() noexcept {
    op_base& op = *head_;
    head_ = op.next_;
    (head_ != nullptr ? head_->before_ : tail_) = nullptr;
    return op;
  }

 private:
  op_base* head_ = nullptr;
  op_base* tail_ = nullptr;
};

}  // namespace crossfade::detail
