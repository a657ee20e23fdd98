#include "fiber_backend/detail/greenlet_core.hpp"

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend::detail {

// --- its task ---

void greenlet_task::start_body() noexcept { finish(); }  // only tasks without a stack come here

void greenlet_task::call_on_stack() noexcept {
  if (!core_ || !core_->run()) return;
  // The task says how it ended; to the greenlet it was a kill.
  result_.set_error(std::make_exception_ptr(cancelled("the greenlet was cancelled")));
}

const std::exception_ptr* greenlet_task::drop_body() noexcept {
  if (core_) {
    core_->end_unstarted();
    core_ = {};
  }
  return result_.error();
}

// --- raw ---

raw_core::raw_core(hub& owner, std::string_view name, std::source_location site)
    : hub_(owner), ident_(++owner.sched().last_id), name_(name), site_(site) {}

crossfade::detail::task_state* raw_core::task() const noexcept { return task_; }

void raw_core::make_task() {
  crossfade::detail::scheduler& sched = hub_.sched();
  subsystem* const system = sched.current != nullptr ? sched.current->system : nullptr;
  task_ = new greenlet_task(sched, {&hub_.carrier(), system, nullptr, name_, site_}, *this);
  task_->enroll();
  stage_ = stage::starting;
}

void raw_core::start() {
  if (stage_ != stage::fresh) return;
  make_task();
  task_->wake();
}

void raw_core::start_now() {
  make_task();
  hub_.carrier().owner().run_now(*task_);
}

void raw_core::let_go_of_task() noexcept {
  if (task_ != nullptr) std::exchange(task_, nullptr)->let_go();
}

void raw_core::throw_now(std::exception_ptr error) {
  if (stage_ == stage::running) {
    detail::throw_now(*task_, std::move(error));
  } else if (stage_ != stage::dead) {
    const counted<raw_core> alive(this);
    let_go_of_task();
    end_with(std::move(error));
  }
}

bool raw_core::run() noexcept {
  stage_ = stage::running;
  bool was_cancelled = false;
  std::exception_ptr error;
  try {
    call();
  } catch (const cancelled& c) {
    was_cancelled = true;
    error = std::make_exception_ptr(greenlet_exit(c.reason()));
  } catch (...) {
    error = std::current_exception();
  }
  end_with(std::move(error));
  return was_cancelled;
}

void raw_core::end_unstarted() noexcept {
  task_ = nullptr;
  if (stage_ == stage::starting)
    end_with(std::make_exception_ptr(greenlet_exit("ended before its start")));
}

void raw_core::end_with(std::exception_ptr error) noexcept {
  std::exception_ptr exit;
  if (error != nullptr) {
    try {
      std::rethrow_exception(error);
    } catch (const greenlet_exit&) {
      exit = std::exchange(error, nullptr);
    } catch (...) {
    }
  }
  stage_ = stage::dead;
  ended(std::move(error), std::move(exit));
  drop_function();
}

void raw_greenlet_core::ended(std::exception_ptr error, std::exception_ptr /*exit*/) noexcept {
  if (error != nullptr) owner().handle_error(this, std::move(error));
}

// --- with links ---

greenlet_core::greenlet_core(hub& owner, std::string_view name, std::source_location site)
    : raw_core(owner, name, site) {}

void greenlet_core::start_timer::begin(duration delay) {
  crossfade::detail::scheduler& sched = core.owner().sched();
  sched.timers.arm(*this, due_after(sched, delay));
  core.owner().kept_by_timers().insert(this);
  core.add_reference();
}

void greenlet_core::start_timer::let_go() noexcept {
  core.owner().sched().timers.cancel(*this);
  core.owner().kept_by_timers().erase(this);
  core.release();
}

void greenlet_core::start_timer::ring(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<start_timer&>(t);
  const counted<greenlet_core> alive(&self.core);
  self.let_go();
  alive->start_now();
}

void greenlet_core::start_later(duration delay) {
  if (at() != stage::fresh) return;
  set_stage(stage::starting);
  start_timer_ = std::make_unique<start_timer>(*this);
  start_timer_->begin(delay);
}

bool greenlet_core::kill_before_start(const std::exception_ptr& error) {
  if (at() == stage::running) return false;
  const counted<greenlet_core> alive(this);
  if (start_timer_ != nullptr && start_timer_->armed) start_timer_->let_go();
  throw_now(error);
  return true;
}

void greenlet_core::ended(std::exception_ptr error, std::exception_ptr exit) noexcept {
  error_ = error;
  exit_ = std::move(exit);
  outcome_ = true;
  notify_if_ready();
  if (error != nullptr) owner().handle_error(this, std::move(error));
}

void greenlet_core::add_link(link_node& node) {
  links_.push(node);
  notify_if_ready();
}

void greenlet_core::remove_link(link_node& node) noexcept {
  if (node.linked_in(links_)) links_.remove(node);
}

void greenlet_core::remove_link_of(const void* identity) noexcept {
  if (link_node* const node = links_.find(identity)) {
    links_.remove(*node);
    node->drop();
  }
}

void greenlet_core::notify_if_ready() noexcept {
  if (!outcome_ || links_.empty() || notifier_.queued || notifier_.running) return;
  add_reference();
  owner().sched().ready.push(notifier_);
}

void greenlet_core::notifier::take_turn(crossfade::detail::ready_callback& self, use how) {
  greenlet_core& core = static_cast<notifier&>(self).core;
  const counted<greenlet_core> alive(&core);
  core.release();  // the notifier's reference
  if (how == use::call) {
    core.notify();
  } else {
    core.links_.clear();  // groups among them keep the greenlet alive
  }
}

void greenlet_core::notify() {
  notifier_.running = true;
  while (!links_.empty()) {
    try {
      links_.pop().call();
    } catch (...) {
      owner().handle_error(nullptr, std::current_exception());
    }
  }
  notifier_.running = false;
}

// --- waiting for it ---

bool join_core::begin(crossfade::detail::op_base& op) {
  if (joined_->ready()) return true;
  op_ = &op;
  joined_->add_link(*this);
  limit_.begin(op, length_);
  return false;
}

void join_core::call() { wake_now(*op_); }

void join_core::leave() noexcept {
  joined_->remove_link(*this);
  limit_.end();
}

namespace {

class nothing_link final : public link_node {
 public:
  void call() override { delete this; }
  void drop() noexcept override { delete this; }
};

}  // namespace

void link_nothing_to_current() {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr) return;
  const auto* const task = dynamic_cast<const greenlet_task*>(sched->current);
  if (task == nullptr) return;
  if (auto* const core = dynamic_cast<greenlet_core*>(&task->core()))
    core->add_link(*new nothing_link);
}

void throw_expired() { throw timeout_expired(); }

}  // namespace crossfade::fiber_backend::detail
