#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/backend.hpp"
#include "compat/detail/cancel_scope.hpp"
#include "compat/detail/context.hpp"
#include "compat/detail/frame_pool.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/pooled_text.hpp"
#include "compat/detail/ready_queue.hpp"
#include "compat/detail/scheduler.hpp"
#include "compat/errors.hpp"

namespace crossfade {
class subsystem;
struct task_info;
}  // namespace crossfade

namespace crossfade::detail {

class group_state;
class switch_ban;
class task_state;

/// A list that a task can stand in and leave at any time, in the order they came.
struct task_links {
  task_state* next;
  task_state* previous;
};

template <task_links task_state::*Links>
class task_list {
 public:
  task_state* front() const noexcept { return front_; }
  void push(task_state& task) noexcept;
  void remove(task_state& task) noexcept;

 private:
  task_state* front_ = nullptr;
  task_state* back_ = nullptr;
};

/// The words for a task and for a place in the source that all messages use.
std::string label_text(std::uint64_t id, std::string_view name, std::string_view subsystem,
                       std::string_view backend);
std::string site_text(const std::source_location& site);

/// What is known of a task before it runs.
struct task_origin {
  backend* carrier;
  subsystem* system = nullptr;
  group_state* group = nullptr;
  std::string_view name;
  std::source_location site;
};

[[noreturn]] void throw_nothing_to_join();

enum class task_end : std::uint8_t { none, value, failed, cancelled };

/// The record of a task: all that is the same whichever way it is carried. Counted references: the
/// runtime holds one until the task ends, each handle one.
class task_state : public ready_node {
 public:
  [[gnu::always_inline]] task_state(scheduler& s, const task_origin& origin, bool blocking_text)
      : ready_node(first_turn(origin, blocking_text)),
        sched(&s),
        variables(s.current != nullptr ? s.current->variables : context()),
        carrier(origin.carrier),
        system(origin.system),
        group(origin.group),
        id(++s.last_id),
        parent_id(s.current != nullptr ? s.current->id : 0),
        site(origin.site),
        name_(origin.name) {}
  virtual ~task_state() = default;

  /// Makes the task, which is complete by now, known to its loop, subsystem and group, and ready.
  void enlist() {
    enroll();
    wake();
  }
  /// The same, but for its turn, which the caller gives it.
  void enroll();

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    deallocate_frame(memory, size);
  }

  /// The task whose turn it is; throws `usage_error` outside of one. Each wait begins with it.
  [[gnu::always_inline]] static task_state& current() {
    scheduler* sched = this_scheduler;
    if (sched == nullptr || sched->current == nullptr) [[unlikely]]
      throw_no_task();
    return *sched->current;
  }

  // --- running ---
  /// Gives the task its turn, at the end of the queue.
  [[gnu::always_inline]] void wake() noexcept { sched->ready.push(*resume_node); }
  /// Whether the text that runs now may wait on the stack it runs on.
  bool on_stack() const noexcept { return resume_node->kind == ready_kind::stack; }
  /// A turn of a task that has no stack. It may be the last: then the hub is told to `finish` it.
  void run_as_coroutine() noexcept {
    if (resume_point) [[likely]] {
      resume_point.resume();
    } else {
      start_as_coroutine();
    }
  }
  /// The only turn of a task that has one. `finish` comes next.
  void run_on_stack() noexcept;
  /// There was nothing to run it on.
  void fail_to_start(std::exception_ptr error) noexcept;
  /// The outermost coroutine is about to return to the hub, and its frame to go.
  void body_ends() noexcept {
    resume_point = nullptr;
    sched->handoff = this;
  }
  /// After its portal or its body has ended: goes on, or ends.
  void take_handoff() noexcept {
    if (resume_point) {
      resume_point.resume();
    } else {
      finish();
    }
  }
  /// The body has ended.
  void finish() noexcept;

  // --- waiting ---
  /// Throws what interrupts the task, if anything does.
  void check_interrupt() {
    if (attention_) [[unlikely]]
      throw_interrupt_if_due();
  }
  [[noreturn]] void throw_interrupt();
  void wait_on_stack() noexcept;
  /// Has `error` thrown out of the present wait, shielded or not, or where that cannot be left, at
  /// the next. True: the wait has been left, and the caller gives the task its turn. Not for the
  /// running task.
  bool throw_in(std::exception_ptr error);
  /// Forgets what was thrown in and has not arrived yet.
  void take_back_thrown_in() noexcept;
  /// `usage_error` unless on a stack.
  void require_stack() const {
    if (!on_stack()) [[unlikely]]
      throw_no_stack();
  }

  /// Who lends stacks on this loop; `usage_error` if nobody does.
  stack_host& stacks() const {
    if (sched->stacks == nullptr) [[unlikely]]
      throw_no_stack_host();
    return *sched->stacks;
  }

  // --- cancellation ---
  void cancel(std::string reason);
  /// Interrupts even a shielded wait; the loop's last means when it is destroyed.
  void force_cancel();
  /// A scope asked for attention: interrupts the present wait if nothing shields it.
  void request_attention() noexcept;
  /// The earliest deadline of the scopes around what runs now, those of the owners of its groups
  /// included; none beyond a shield.
  std::optional<time_point> effective_deadline() const noexcept;
  bool cancel_requested() const noexcept { return cancel_ != nullptr; }
  const std::string& cancel_reason() const noexcept { return cancel_->reason; }

  // --- end ---
  task_end end() const noexcept { return end_; }
  bool done() const noexcept { return end_ != task_end::none; }
  /// Somebody has, or is about to have, this task's failure.
  void mark_observed() noexcept { observed_ = true; }
  /// The exception of a task that failed.
  const std::exception_ptr& failure() const noexcept { return *error(); }

  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  /// A handle goes. A task that runs is cancelled if the handle owned it; a failure nobody saw is
  /// reported with the last one.
  void drop_handle(bool owned) noexcept {
    if (end_ != task_end::value) [[unlikely]]
      drop_handle_early(owned);
    release();
  }

  // --- misuse and failure of a join ---
  [[noreturn]] void throw_joins_itself() const;
  [[noreturn]] void throw_value_taken() const;
  /// Throws what a task ended with that has no value.
  [[noreturn]] void throw_end();

  /// "task 7 'prices' (subsystem market, coro)", for messages.
  std::string label() const;
  /// "spawned at file:line".
  std::string spawned_at() const;
  /// For observers.
  task_info info() const;
  /// The ids of the tasks without which the present wait does not end.
  void add_holders(std::vector<std::uint64_t>& ids) const;

  /// What `task_local` variables hold for this task.
  variable_values& own_values() {
    if (own_values_ == nullptr) own_values_ = std::make_unique<variable_values>();
    return *own_values_;
  }

  std::string_view name() const noexcept { return name_.view(); }

  // What a turn touches, in one cache line with the base, whose padding takes the first few.
 private:
  bool attention_ = false;  // a wait has something to throw, or to look for
  task_end end_ : 2 = task_end::none;
  bool observed_ : 1 = false;
  bool forced_ : 1 = false;  // no shield holds any more
  std::uint32_t references_ = 1;

 public:
  scheduler* const sched;
  ready_node* resume_node = this;        // what `wake` queues: this, or the stack it runs on
  std::coroutine_handle<> resume_point;  // where a task without a stack goes on
  op_base* waiting_for = nullptr;        // until that is complete
  std::uint64_t waits = 0;
  time_point waiting_since{};      // the coarse time at which the latest wait began
  cancel_scope* scopes = nullptr;  // innermost first
  context variables;               // inherited from the spawner
  wait_queue joiners;
  backend* const carrier;
  subsystem* const system;
  group_state* const group;
  const std::uint64_t id;
  const std::uint64_t parent_id;
  const std::source_location site;
  task_links in_loop;
  task_links in_group;

 protected:
  /// Runs coroutine text until it waits, other text to its end.
  virtual void start_body() noexcept = 0;
  virtual void call_on_stack() noexcept = 0;
  /// Destroys function and arguments; says, as `error` does, how the body ended.
  virtual const std::exception_ptr* drop_body() noexcept = 0;
  /// What the body ended with, null if with a value.
  virtual const std::exception_ptr* error() const noexcept = 0;
  virtual void set_error(std::exception_ptr error) noexcept = 0;

 private:
  struct cancel_request {
    std::string reason;
    bool delivered = false;
  };

  static ready_kind first_turn(const task_origin& origin, bool blocking_text) noexcept {
    if (origin.carrier->has_stack()) return ready_kind::new_stack;
    return blocking_text && begins_in_portal(origin) ? ready_kind::new_stack
                                                     : ready_kind::coroutine;
  }
  static bool begins_in_portal(const task_origin& origin) noexcept;
  [[noreturn]] static void throw_no_task();
  [[noreturn]] void throw_may_not_switch() const;
  [[noreturn]] void throw_no_stack() const;
  [[noreturn]] void throw_no_stack_host() const;
  void start_as_coroutine() noexcept;
  void throw_interrupt_if_due();
  void throw_what_was_thrown_in();
  void drop_handle_early(bool owned) noexcept;
  void report_swallowed_cancellation() noexcept;
  struct due_interrupt {
    cancel_scope* scope = nullptr;  // the outermost scope that is due
    bool whole = false;             // the cancellation of the task is due
    explicit operator bool() const noexcept { return whole || scope != nullptr; }
  };
  due_interrupt find_due() const noexcept;
  bool wants_attention() const noexcept;
  void classify_failure(const std::exception_ptr& failure) noexcept;
  void report_unobserved() noexcept;

  friend class cancel_scope;
  friend class switch_ban;

  std::unique_ptr<cancel_request> cancel_;
  const pooled_text name_;
  std::unique_ptr<variable_values> own_values_;
  const switch_ban* switch_ban_ = nullptr;  // innermost
};

inline void op_base::complete() noexcept {
  status_ = interrupt_on_completion_ ? status::interrupted : status::done;
  task_->waiting_for = nullptr;
  task_->wake();
}

inline void op_base::complete_interrupted() noexcept {
  interrupt_on_completion();
  complete();
}

template <task_links task_state::*Links>
void task_list<Links>::push(task_state& task) noexcept {
  task.*Links = {nullptr, back_};
  (back_ != nullptr ? (back_->*Links).next : front_) = &task;
  back_ = &task;
}

template <task_links task_state::*Links>
void task_list<Links>::remove(task_state& task) noexcept {
  task_links& links = task.*Links;
  (links.previous != nullptr ? (links.previous->*Links).next : front_) = links.next;
  (links.next != nullptr ? (links.next->*Links).previous : back_) = links.previous;
}

}  // namespace crossfade::detail
