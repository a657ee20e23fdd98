#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/counted.hpp"
#include "compat/detail/ready_queue.hpp"
#include "compat/detail/spawned.hpp"
#include "compat/detail/timer_queue.hpp"
#include "compat/op.hpp"
#include "fiber_backend/detail/link.hpp"
#include "fiber_backend/detail/wake.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend::detail {

class greenlet_task;

using crossfade::detail::counted;

/// What is known of a greenlet of either kind: whether it has started, the task that runs it, and
/// that it is dead. References: one while its task has not ended, each handle one.
class raw_core {
 public:
  raw_core(const raw_core&) = delete;
  raw_core& operator=(const raw_core&) = delete;
  virtual ~raw_core() = default;

  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  hub& owner() const noexcept { return hub_; }
  std::uint64_t ident() const noexcept { return ident_; }
  bool dead() const noexcept { return stage_ == stage::dead; }
  /// Null before the start and after the end.
  crossfade::detail::task_state* task() const noexcept;
  const std::string& name() const noexcept { return name_; }
  const std::source_location& site() const noexcept { return site_; }

  /// Its turn comes at the end of the ready queue. Nothing, if it was started or killed before.
  void start();
  /// From the hub: runs it at once.
  void start_now();
  /// From the hub: throws in it now. One that has not run dies of it.
  void throw_now(std::exception_ptr error);

  // --- for its task ---
  /// Runs the body. True: a cancellation of the task has ended it.
  bool run() noexcept;
  /// The task ends without having run.
  void end_unstarted() noexcept;

 protected:
  raw_core(hub& owner, std::string_view name, std::source_location site);

  enum class stage : std::uint8_t { fresh, starting, running, dead };
  stage at() const noexcept { return stage_; }
  void set_stage(stage s) noexcept { stage_ = s; }
  void make_task();
  /// Its task, if it has one, will not run it.
  void let_go_of_task() noexcept;

 private:
  /// The function; throws what it throws.
  virtual void call() = 0;
  virtual void drop_function() noexcept = 0;
  /// It has ended: null, or with this error. A `greenlet_exit` is none here.
  virtual void ended(std::exception_ptr error, std::exception_ptr exit) noexcept = 0;
  void end_with(std::exception_ptr error) noexcept;

  hub& hub_;
  greenlet_task* task_ = nullptr;
  const std::uint64_t ident_;
  std::uint64_t references_ = 0;
  const std::string name_;
  const std::source_location site_;
  stage stage_ = stage::fresh;
};

/// The task that runs a greenlet.
class greenlet_task final : public crossfade::detail::task_record<void> {
 public:
  greenlet_task(crossfade::detail::scheduler& s, const crossfade::detail::task_origin& origin,
                raw_core& core)
      : task_record(s, origin, true), core_(&core) {}
  /// While it runs.
  raw_core& core() const noexcept { return *core_; }
  void let_go() noexcept { core_ = {}; }

 private:
  void start_body() noexcept override;
  void call_on_stack() noexcept override;
  const std::exception_ptr* drop_body() noexcept override;

  counted<raw_core> core_;
};

/// A raw greenlet: an error that ends it goes to the hub.
class raw_greenlet_core : public raw_core {
 protected:
  using raw_core::raw_core;

 private:
  void ended(std::exception_ptr error, std::exception_ptr exit) noexcept override;
};

/// A Greenlet: with links and an outcome.
class greenlet_core : public raw_core, public link_source {
 public:
  /// It has been started, or killed, and has no outcome yet.
  bool started() const noexcept { return at() == stage::starting || at() == stage::running; }
  bool ready() const noexcept { return outcome_; }
  bool successful() const noexcept { return outcome_ && error_ == nullptr; }
  /// What it failed with; null if it did not.
  const std::exception_ptr& error() const noexcept { return error_; }
  /// The `greenlet_exit` it was killed with, which is its value; null if it was not.
  const std::exception_ptr& exit() const noexcept { return exit_; }

  void start_later(duration delay);
  /// Whether it has ended, or has now, since it had never run.
  bool kill_before_start(const std::exception_ptr& error);
  void add_link(link_node& node) override;
  void remove_link(link_node& node) noexcept override;
  void remove_link_of(const void* identity) noexcept override;

 protected:
  greenlet_core(hub& owner, std::string_view name, std::source_location site);

 private:
  // Its start to come, of `start_later`; holds a reference while it runs.
  struct start_timer final : crossfade::detail::timer, kept_by_timer {
    explicit start_timer(greenlet_core& c) noexcept : timer(&ring), core(c) {}
    static void ring(crossfade::detail::timer& t) noexcept;
    void begin(duration delay);
    void let_go() noexcept override;
    greenlet_core& core;
  };
  struct notifier : crossfade::detail::ready_callback {
    explicit notifier(greenlet_core& c) noexcept : ready_callback(&take_turn), core(c) {}
    static void take_turn(crossfade::detail::ready_callback& self, use how);
    greenlet_core& core;
    bool running = false;
  };
  void ended(std::exception_ptr error, std::exception_ptr exit) noexcept override;
  void notify_if_ready() noexcept;
  void notify();

  std::exception_ptr error_;
  std::exception_ptr exit_;
  link_list links_;
  notifier notifier_{*this};
  std::unique_ptr<start_timer> start_timer_;
  bool outcome_ = false;
};

/// A wait for the end of a greenlet.
class join_core : public link_node {
 public:
  join_core(counted<greenlet_core> joined, std::optional<duration> limit) noexcept
      : joined_(std::move(joined)), length_(limit) {}
  void call() override;
  void drop() noexcept override {}

 protected:
  bool begin(crossfade::detail::op_base& op);
  void leave() noexcept;
  bool expired() const noexcept { return limit_.expired(); }
  greenlet_core& joined() const noexcept { return *joined_; }
  void end() noexcept { limit_.end(); }

 private:
  counted<greenlet_core> joined_;
  std::optional<duration> length_;
  crossfade::detail::op_base* op_ = nullptr;
  wait_limit limit_;
};

/// Links nothing to the running greenlet, if one runs. At its end it then has a notification on its
/// way, which those who link to it soon after find.
void link_nothing_to_current();

/// Gives up a `get` that has lasted too long, or was not to wait.
[[noreturn]] void throw_expired();

}  // namespace crossfade::fiber_backend::detail
