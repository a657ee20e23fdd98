#include "fiber_backend/detail/engine.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/scheduler.hpp>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "fiber_backend/detail/fiber_specifics.hpp"
#include "fiber_backend/detail/make_fiber.hpp"

namespace crossfade::fiber_backend::detail {

using crossfade::detail::ready_kind;
using crossfade::detail::ready_node;
using crossfade::detail::ready_queue;
using crossfade::detail::task_state;

namespace {

[[noreturn]] void fail(const char* what) noexcept {
  std::fprintf(stderr, "crossfade: %s\n", what);
  std::abort();
}

[[noreturn]] void fail_without_fiber() noexcept {
  fail(
      "a Boost.Fiber wait in a callback or a coroutine, where there is no fiber: run it through "
      "on_fiber");
}

// Boost.Fiber keeps a context at the top of the context's own stack. How far down the stack goes is
// not known; only its top matters to the sanitizer.
void guess_bounds(carrier& c) noexcept {
  constexpr std::size_t guess = std::size_t{64} * 1024;
  const char* top = reinterpret_cast<const char*>(&c.context());
  c.state.set_bounds(top - guess, guess);
}

// How far below its highest place a stack begins. Stacks are whole pages: if all began alike, their
// hot ends would share a few sets of the processor's caches, and a thousand fibers push each other
// out. Boost.Fiber rounds the place of its records down to `apart`, so that less would come to
// nothing. The bytes are taken from the one page that a parked fiber uses.
std::size_t colour_of(std::size_t nth) noexcept {
  constexpr std::size_t colours = 4;
  constexpr std::size_t apart = 256;
  return nth % colours * apart;
}

}  // namespace

engine::engine(crossfade::detail::scheduler& sched, const backend_options& options)
    : sched_(sched),
      options_(options),
      pool_(std::make_shared<stack_pool>(options.stack_size, options.max_guarded_stacks)),
      algorithm_(new algorithm(*this)) {}

// --- the loop begins and ends a run ---

void engine::begin_run() {
  boost::fibers::context* here = boost::fibers::context::active();
  if (!here->is_context(boost::fibers::type::main_context)) {
    throw usage_error("loop::run: called on a fiber; expected the thread's own stack");
  }
  hub_ = std::make_unique<carrier>(here, carrier::origin::loop);
  hub_->state.adopt_current();
  active_ = hub_.get();
  if (options_.report_overflow) overflow_.begin(&active_);
  exceptions_ = &this_thread_exceptions();
  leaving_ = false;
  here->get_scheduler()->set_algo(algorithm_);
}

void engine::end_run() noexcept {
  leaving_ = true;
  if (options_.report_overflow) overflow_.end();
  // Callbacks stay for the next run; ready fibers that stand behind them are not to be left with
  // them.
  ready_queue callbacks;
  ready_queue stacks;
  while (!sched_.ready.empty()) {
    ready_node& node = sched_.ready.pop();
    (node.kind == ready_kind::stack ? stacks : callbacks).push(node);
  }
  sched_.ready = stacks;
  hub_->context().get_scheduler()->set_algo(new boost::fibers::algo::round_robin());
  sched_.ready = callbacks;
  active_ = nullptr;
  hub_.reset();
}

void engine::require_no_tasks() const noexcept {
  if (stacks_ == idle_count_) return;
  const std::string left = sched_.owner.tasks_on_stacks();
  fail(("a fiber_backend::backend is destroyed under tasks that have not ended; wake them or have "
        "them end when they are cancelled:" +
        left)
           .c_str());
}

void engine::retire_idle_stacks() {
  if (pool_->guarded() + pool_->unguarded() == 0) return;
  begin_run();
  sched_.turns_left = 0;  // an ended fiber goes to the hub
  while (idle_ != nullptr) {
    carrier& c = pop_idle();
    c.retired = true;
    switch_to(c);
  }
  tend();
  end_run();
}

stack_stats engine::stats() const noexcept {
  return {stacks_, idle_count_, pool_->guarded(), pool_->stack_size(), pool_->deepest()};
}

// --- switching ---

carrier& engine::next_or_hub() noexcept {
  ready_node* front = sched_.ready.front();
  if (front == nullptr || sched_.turns_left == 0) return *hub_;
  if (front->kind == ready_kind::stack) {
    auto& next = static_cast<carrier&>(*front);
    if (&next != active_) {
      --sched_.turns_left;
      sched_.ready.pop();
      return next;
    }
  } else if (front->kind == ready_kind::new_stack && idle_ != nullptr) {
    --sched_.turns_left;
    carrier& next = pop_idle();
    assign(next, static_cast<task_state&>(sched_.ready.pop()));
    return next;
  }
  return *hub_;
}

void engine::switch_to(carrier& to) noexcept {
  carrier& from = *active_;
  active_ = &to;
  sched_.current = to.task;
  leave_for(from.state, to.state, *exceptions_);
  to.context().resume();
  arrived_on(from.state);
}

void engine::park() noexcept {
  ready_node* front = sched_.ready.front();
  if (front == active_ && sched_.turns_left > 0) {
    --sched_.turns_left;
    sched_.ready.pop();
    return;
  }
  check_canary(*active_);
  switch_to(next_or_hub());
}

void engine::resume(ready_node& node) noexcept { switch_to(static_cast<carrier&>(node)); }

void engine::start(task_state& task) {
  carrier& c = idle_or_new();
  assign(c, task);
  switch_to(c);
}

bool engine::enter(task_state& task, void (*body)(void*) noexcept, void* argument) {
  carrier& c = idle_or_new();
  assign(c, task);
  c.portal = body;
  c.portal_argument = argument;
  in_call_ = &c;
  switch_to(c);
  sched_.current = &task;
  return std::exchange(in_call_, nullptr) == nullptr;
}

time_point engine::tend() noexcept {
  foreign_due_ = time_point::max();
  switch_to(*dispatcher_);
  return foreign_due_;
}

// --- pooled fibers ---

carrier& engine::pop_idle() noexcept {
  carrier& c = *idle_;
  idle_ = c.next_idle;
  --idle_count_;
  return c;
}

void engine::push_idle(carrier& c) noexcept {
  c.next_idle = idle_;
  idle_ = &c;
  ++idle_count_;
}

carrier& engine::idle_or_new() { return idle_ != nullptr ? pop_idle() : make_carrier(); }

carrier& engine::make_carrier() {
  const stack_pool::stack stack = pool_->take();
  char* highest = stack.lowest + stack.size - stack_slab::canary_size - sizeof(carrier_on_stack);
  void* top = highest - colour_of(stacks_);
  carrier& c = *new (top) carrier_on_stack(stack);
  being_made_ = &c;
  make_fiber(pool_, stack, top, c, *this, c);
  being_made_ = nullptr;
  ++stacks_;
  return c;
}

void engine::assign(carrier& c, task_state& task) noexcept {
  c.task = &task;
  task.resume_node = &c;
}

void run_fiber(engine& owner, carrier& self) noexcept { owner.main_of(self); }

inline void engine::run_portal(carrier& self) noexcept {
  self.portal(self.portal_argument);
  check_canary(self);
  drop_fiber_specifics(self.context());
  task_state& task = *self.task;
  task.resume_node = &task;
  // Back to the coroutine that called, in the same turn: from inside its call, or by the hub's
  // hand.
  if (in_call_ == &self) {
    in_call_ = nullptr;
  } else if (leaving_) {
    task.wake();
  } else {
    sched_.handoff = &task;
  }
  self.portal = nullptr;
  self.task = nullptr;
}

void engine::main_of(carrier& self) noexcept {
  arrived_on(self.state);
  while (!self.retired) {
    if (self.portal != nullptr) {
      run_portal(self);
      if (leaving_) break;
      if (idle_count_ >= options_.max_idle_stacks) {
        to_hub_ = true;
        break;
      }
      push_idle(self);
      switch_to(*hub_);
      continue;
    }
    self.task->run_on_stack();
    check_canary(self);
    self.task->finish();
    self.task = nullptr;
    drop_fiber_specifics(self.context());
    if (leaving_) break;
    // The next task that wants to start can have this stack at once.
    ready_node* front = sched_.ready.front();
    if (front != nullptr && front->kind == ready_kind::new_stack && sched_.turns_left > 0) {
      --sched_.turns_left;
      assign(self, static_cast<task_state&>(sched_.ready.pop()));
      sched_.current = self.task;
      continue;
    }
    if (idle_count_ >= options_.max_idle_stacks) break;
    push_idle(self);
    switch_to(next_or_hub());
  }
  --stacks_;
}

// --- what Boost.Fiber asks ---

void engine::awakened(boost::fibers::context& context) noexcept {
  if (context.is_context(boost::fibers::type::dispatcher_context)) {
    if (dispatcher_ == nullptr) {
      dispatcher_ = std::make_unique<carrier>(&context, carrier::origin::loop);
      guess_bounds(*dispatcher_);
      dispatcher_->state.set_releases_others();
    }
    dispatcher_ready_ = true;
    return;
  }
  // By a fiber that it launched to run at once.
  if (context.is_context(boost::fibers::type::main_context)) fail_without_fiber();
  notice_launch();
  carrier& c = carrier_of(context);
  if (&c == being_made_) return;
  foreign_seen_ = true;
  sched_.ready.push(c);
}

// `launch::dispatch` switches to the new fiber without asking `pick_next`; the first that is heard
// of it is that its maker is ready, said on the new stack.
void engine::notice_launch() noexcept {
  boost::fibers::context* here = boost::fibers::context::active();
  if (here == &active_->context()) return;
  carrier& to = carrier_of(*here);
  carrier& from = *std::exchange(active_, &to);
  if (from.task != nullptr) from.task->waiting_since = sched_.coarse_now;
  sched_.current = nullptr;
  leave_for(from.state, to.state, *exceptions_);
}

carrier& engine::carrier_of(boost::fibers::context& context) {
  if (auto* known = dynamic_cast<carrier*>(context.get_properties())) return *known;
  if (context.get_properties() != nullptr)
    fail("a fiber has properties of another scheduling algorithm");
  auto* c = new carrier(&context, carrier::origin::foreign);
  guess_bounds(*c);
  context.set_properties(c);
  return *c;
}

boost::fibers::context* engine::pick_next() noexcept {
  if (dispatcher_ != nullptr) dispatcher_->state.expect_release();
  if (leaving_) {
    if (std::exchange(dispatcher_ready_, false)) return &dispatcher_->context();
    return &static_cast<carrier&>(sched_.ready.pop()).context();
  }
  foreign_seen_ = true;
  if (active_ == dispatcher_.get()) return nullptr;  // it then says until when it is idle
  if (active_ == hub_.get()) fail_without_fiber();
  carrier& to = std::exchange(to_hub_, false) ? *hub_ : next_or_hub();
  carrier& from = *std::exchange(active_, &to);
  if (from.task != nullptr) {
    check_canary(from);
    from.task->waiting_since = sched_.coarse_now;
  }
  sched_.current = to.task;
  leave_for(from.state, to.state, *exceptions_);
  return &to.context();
}

bool engine::has_ready_fibers() const noexcept {
  return (leaving_ && dispatcher_ready_) || !sched_.ready.empty();
}

void engine::dispatcher_is_idle_until(std::chrono::steady_clock::time_point due) noexcept {
  foreign_due_ = due;
  // The dispatcher may be resumed after this engine has gone, by the stock algorithm: nothing of
  // ours is touched then.
  carrier& from = *std::exchange(active_, hub_.get());
  sched_.current = nullptr;
  leave_for(from.state, hub_->state, *exceptions_);
  hub_->context().resume();
}

void engine::woken_by_another_thread() noexcept {
  sched_.owner.post([this] { foreign_seen_ = true; });
}

}  // namespace crossfade::fiber_backend::detail
