#include "fiber_backend/greenlet.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "compat/detail/ready_queue.hpp"
#include "compat/loop.hpp"
#include "fiber_backend/timeout.hpp"
#include "fiber_backend/wait.hpp"

namespace crossfade::fiber_backend {

namespace detail {

using crossfade::detail::op_base;
using crossfade::detail::ready_callback;
using crossfade::detail::wait_rules;

const wait_rules join_op::rules_of_this{.name = "the end of a greenlet",
                                        .leave = &leave,
                                        .holder = &holder,
                                        .until_end = true,
                                        .ended_by_guest = true};

bool join_op::leave(op_base& op) noexcept {
  static_cast<join_op&>(op).join_core::leave();
  return true;
}

std::uint64_t join_op::holder(const op_base& op) noexcept {
  return holder_of(static_cast<const join_op&>(op).joined());
}

std::uint64_t holder_of(const greenlet_core& joined) noexcept {
  return joined.task() != nullptr ? joined.task()->id : 0;
}

std::exception_ptr default_exit() { return std::make_exception_ptr(greenlet_exit()); }

namespace {

// A kill on its way through the ready queue: of one greenlet after the other, in one turn.
class kill_request final : public ready_callback {
 public:
  using victims = std::vector<counted<raw_core>>;
  kill_request(victims v, std::exception_ptr e)
      : ready_callback(&take_turn), victims_(std::move(v)), error_(std::move(e)) {}

  op_base* waiter = nullptr;     // who waits for the throw, while it does
  victims* survivors = nullptr;  // its

 private:
  static void take_turn(ready_callback& self, use how) {
    const std::unique_ptr<kill_request> request(static_cast<kill_request*>(&self));
    if (how == use::call) request->run();
  }
  void run() {
    victims alive;
    for (const auto& victim : victims_) {
      victim->throw_now(error_);
      if (!victim->dead()) alive.push_back(victim);
    }
    if (waiter == nullptr) return;
    *survivors = std::move(alive);
    wake_now(*waiter);
  }

  victims victims_;
  std::exception_ptr error_;
};

kill_request& send_kill(hub& owner, kill_request::victims victims, std::exception_ptr error) {
  auto* request = new kill_request(std::move(victims), std::move(error));
  owner.sched().ready.push(*request);
  return *request;
}

}  // namespace

class kill_op final : public crossfade::detail::waitable<kill_op> {
 public:
  explicit kill_op(kill_request& request) noexcept : waitable(rules_of_this), request_(request) {}

 private:
  friend waitable<kill_op>;
  static bool leave(op_base& op) noexcept {
    static_cast<kill_op&>(op).request_.waiter = nullptr;
    return true;
  }
  static constexpr wait_rules rules_of_this{
      .name = "a kill", .leave = &leave, .holder = nullptr, .ended_by_guest = true};

  bool start() noexcept {
    request_.waiter = this;
    request_.survivors = &survivors_;
    return false;
  }
  kill_request::victims take() noexcept { return std::move(survivors_); }

  kill_request& request_;  // gone when it has run
  kill_request::victims survivors_;
};

namespace {

task<> kill_and_join(counted<greenlet_core> victim, std::exception_ptr exception,
                     std::optional<duration> timeout) {
  if (victim->kill_before_start(exception) || victim->ready()) co_return;
  kill_request::victims one;
  one.emplace_back(victim.get());
  co_await kill_op(send_kill(victim->owner(), std::move(one), std::move(exception)));
  co_await join_op(victim, timeout);
}

// Those that a kill has to be thrown at; others are dead now.
kill_request::victims running_ones(const std::vector<raw_greenlet>& greenlets,
                                   const std::exception_ptr& exception) {
  kill_request::victims running;
  for (const raw_greenlet& g : greenlets) {
    auto* const full = dynamic_cast<greenlet_core*>(&g.raw_core());
    if (full == nullptr || !full->kill_before_start(exception)) running.emplace_back(&g.raw_core());
  }
  return running;
}

template <class T>
class greenlet_link final : public link_node {
 public:
  greenlet_link(callback<const any_greenlet&> f, greenlet_core& of, link_kind kind, T how)
      : link_node(f.identity()), function_(std::move(f)), of_(of), kind_(kind), how_(how) {}
  void call() override {
    const std::unique_ptr<greenlet_link> self(this);
    if (kind_ == link_kind::value && !of_.successful()) return;
    if (kind_ == link_kind::exception && of_.successful()) return;
    how_(of_.owner(), [f = std::move(function_), g = any_greenlet(&of_)] { f(g); });
  }
  void drop() noexcept override { delete this; }

 private:
  callback<const any_greenlet&> function_;
  greenlet_core& of_;
  link_kind kind_;
  T how_;
};

void link_spawned(greenlet_core& of, callback<const any_greenlet&> f, link_kind kind) {
  of.add_link(*new greenlet_link(std::move(f), of, kind, &run_in_raw_greenlet));
}

}  // namespace

void throw_other_type(const any_greenlet& g) {
  throw usage_error("greenlet::of: the value of greenlet '" + std::string(g.name()) +
                    "', spawned at " + crossfade::detail::site_text(g.core().site()) +
                    ", is of another type than asked for");
}

void run_in_raw_greenlet(hub& owner, std::function<void()> function) {
  using raw = made_raw_greenlet<std::function<void()>>;
  const counted<raw_core> made(new raw(owner, {"link", {}}, std::move(function)));
  made->start_now();
}

}  // namespace detail

task<> any_greenlet::kill(std::exception_ptr exception, std::optional<duration> timeout) const {
  return detail::kill_and_join(core_, std::move(exception), timeout);
}

void any_greenlet::kill_nowait(std::exception_ptr exception) const {
  if (core_->kill_before_start(exception) || core_->ready()) return;
  fiber_backend::kill(raw_greenlet(core_.get()), std::move(exception));
}

void any_greenlet::link(callback<const any_greenlet&> function) const {
  detail::link_spawned(*core_, std::move(function), detail::link_kind::any);
}

void any_greenlet::link_value(callback<const any_greenlet&> function) const {
  detail::link_spawned(*core_, std::move(function), detail::link_kind::value);
}

void any_greenlet::link_exception(callback<const any_greenlet&> function) const {
  detail::link_spawned(*core_, std::move(function), detail::link_kind::exception);
}

void any_greenlet::rawlink(callback<const any_greenlet&> function) const {
  const auto in_place = [](hub&, const auto& call) { call(); };
  core_->add_link(
      *new detail::greenlet_link(std::move(function), *core_, detail::link_kind::any, in_place));
}

void kill(const raw_greenlet& victim, std::exception_ptr exception) {
  if (victim.dead()) return;
  if (auto* const full = dynamic_cast<detail::greenlet_core*>(&victim.raw_core())) {
    if (full->kill_before_start(exception)) return;
  }
  detail::kill_request::victims one;
  one.emplace_back(&victim.raw_core());
  detail::send_kill(victim.raw_core().owner(), std::move(one), std::move(exception));
}

any_greenlet getcurrent() noexcept {
  const crossfade::detail::scheduler* const sched = crossfade::detail::this_scheduler;
  if (sched == nullptr) return {};
  const auto* const task = dynamic_cast<const detail::greenlet_task*>(sched->current);
  if (task == nullptr) return {};
  return any_greenlet(dynamic_cast<detail::greenlet_core*>(&task->core()));
}

task<> killall(std::vector<raw_greenlet> greenlets, std::exception_ptr exception,
               std::optional<duration> limit) {
  auto running = detail::running_ones(greenlets, exception);
  if (running.empty()) co_return;
  auto& request = detail::send_kill(get_hub(), std::move(running), std::move(exception));
  timeout timer(limit);
  timer.start();
  const auto survivors = co_await detail::kill_op(request);
  std::vector<waitable_object> to_join;
  for (const auto& survivor : survivors) {
    if (auto* const full = dynamic_cast<detail::greenlet_core*>(survivor.get()))
      to_join.emplace_back(any_greenlet(full));
  }
  if (!to_join.empty()) co_await wait(std::move(to_join));
}

void killall_nowait(const std::vector<raw_greenlet>& greenlets,
                    const std::exception_ptr& exception) {
  auto running = detail::running_ones(greenlets, exception);
  if (!running.empty()) detail::send_kill(get_hub(), std::move(running), exception);
}

}  // namespace crossfade::fiber_backend
