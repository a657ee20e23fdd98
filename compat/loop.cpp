#include "compat/loop.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

#include "compat/detail/background_io.hpp"
#include "compat/detail/frame_pool.hpp"
#include "compat/detail/loop_guest.hpp"
#include "compat/detail/random_order.hpp"
#include "compat/detail/spin_wait.hpp"
#include "compat/detail/stack_host.hpp"
#include "compat/detail/thread_pool.hpp"
#include "compat/detail/wait_scan.hpp"
#include "compat/errors.hpp"
#include "compat/subsystem.hpp"

namespace crossfade {

namespace {

// Between two looks at I/O: at most this many turns, and about this long once turns are seen to be
// slow.
constexpr unsigned most_turns = 64;
constexpr unsigned batches_per_poll = 4;
constexpr duration slow_batch = std::chrono::microseconds(25);

std::string located(const detail::task_state& task) {
  return task.label() + ", " + task.spawned_at();
}

}  // namespace

task_report::task_report(what k, const detail::task_state& t, std::exception_ptr e)
    : kind(k), task(located(t)), error(std::move(e)) {}

task_report::task_report(what k, std::exception_ptr e) : kind(k), error(std::move(e)) {}

task_report::task_report(what k, std::string t, std::string d)
    : kind(k), task(std::move(t)), details(std::move(d)) {}

std::string task_report::message() const {
  switch (kind) {
    case what::unobserved_failure:
      return task + " failed and nobody joined it: " + describe(error);
    case what::swallowed_cancellation:
      return task + " was cancelled, swallowed the cancellation and returned a value";
    case what::long_hold:
    case what::stall:
      return task + " " + details;
    case what::callback_failure:
    case what::wait_cycle:
      break;
  }
  return describe(error);
}

struct loop::impl {
  impl(loop& owner, loop_options&& o)
      : options(std::move(o)),
        wake_timer(io),
        scan(owner, options.cycle_check_interval, options.hold_limit) {
    if (options.random_order) order.emplace(*options.random_order);
  }

  // Reads the clock. Gives the time since it was read last.
  duration begin_batch(detail::scheduler& core) noexcept {
    const auto now = time_point(std::chrono::steady_clock::now());
    if (!core.virtual_time) core.coarse_now = now;
    return now - std::exchange(batch_began, now);
  }
  // Runs ready work until the batch is used up, then looks at timers and, in time, I/O.
  void turn(detail::scheduler& core);
  static void execute(detail::scheduler& core, detail::ready_node& node) {
    if (node.kind == detail::ready_kind::coroutine) [[likely]] {
      auto& task = static_cast<detail::task_state&>(node);
      core.current = &task;
      task.run_as_coroutine();
    } else {
      execute_other(core, node);
    }
    while (core.handoff != nullptr) [[unlikely]] {
      core.current = std::exchange(core.handoff, nullptr);
      core.current->take_handoff();
    }
  }
  static void execute_other(detail::scheduler& core, detail::ready_node& node);
  static void fire_due_timers(detail::scheduler& core, std::uint64_t armed_before) noexcept;
  void poll_io(const detail::scheduler& core);
  // Whether each look at I/O is to make ready all that it finds: there is an order to choose,
  // somebody waits for the end of all work, or an interrupt is for a runner to see besides others.
  bool takes_all(const detail::scheduler& core) const noexcept {
    return order.has_value() || (core.background != nullptr && core.interrupt_sets > 0) ||
           (core.guest != nullptr && core.guest->waits_for_quiet());
  }
  // Nothing is ready: waits for something to become so. False: nothing ever will.
  bool wait_for_work(detail::scheduler& core);
  bool io_has_work(detail::scheduler& core);
  static bool foreign_wait(const detail::scheduler& core) noexcept;
  static bool only_foreign_waits(const detail::scheduler& core) noexcept;
  void give_up(detail::scheduler& core) noexcept;
  // From other threads.
  void drain_inbox(detail::scheduler& core) noexcept;
  bool spin_until_work(detail::scheduler& core, time_point next);
  void sleep_until_io(detail::scheduler& core);

  loop_options options;
  std::optional<detail::random_order> order;  // none: first come, first run
  boost::asio::io_context io{1};
  boost::asio::steady_timer wake_timer;
  time_point wake_at = time_point::max();  // what wake_timer is armed for
  unsigned batch = most_turns;
  unsigned batches_since_poll = 0;
  time_point batch_began{};
  detail::wait_scan scan;
  bool gave_up = false;  // tasks are left that will not end

  std::mutex inbox_mutex;
  detail::ready_queue inbox;
  bool asleep = false;                     // and to be woken by who puts something there
  std::atomic<bool> inbox_filled = false;  // may be looked at without the mutex
  detail::spin_wait spin;

  detail::thread_pool threads{options.max_threads};
};

loop::loop(loop_options options)
    : core_(*this), impl_(std::make_unique<impl>(*this, std::move(options))) {
  core_.virtual_time = impl_->options.virtual_time;
  core_.threads = &impl_->threads;
}

loop::~loop() {
  end_tasks();
  impl_->threads.finish();  // what was abandoned there still posts its end
  impl_->drain_inbox(core_);
  while (!core_.ready.empty()) {
    detail::ready_node& node = core_.ready.pop();
    if (node.kind != detail::ready_kind::callback) continue;
    auto& callback = static_cast<detail::ready_callback&>(node);
    callback.take(callback, detail::ready_callback::use::discard);
  }
  detail::release_pooled_frames();
}

void loop::end_tasks() {
  if (tasks_.front() == nullptr || impl_->gave_up) return;
  const running scope(*this);
  end_all_tasks();
}

void loop::reorder(std::uint64_t seed) { impl_->order.emplace(seed); }

boost::asio::io_context& loop::io() noexcept { return impl_->io; }

void loop::report(const task_report& what) noexcept {
  if (impl_->options.on_error) {
    impl_->options.on_error(what);
  } else {
    std::fprintf(stderr, "crossfade: %s\n", what.message().c_str());
  }
}

void loop::report(std::exception_ptr error) noexcept {
  report(task_report(task_report::what::callback_failure, std::move(error)));
}

std::vector<task_info> loop::tasks() const {
  std::vector<task_info> all;
  for (const detail::task_state* t = tasks_.front(); t != nullptr; t = t->in_loop.next)
    all.push_back(t->info());
  return all;
}

void loop::enqueue(detail::ready_callback& callback) {
  const std::lock_guard guard(impl_->inbox_mutex);
  impl_->inbox.push(callback);
  impl_->inbox_filled.store(true, std::memory_order_release);
  if (std::exchange(impl_->asleep, false)) boost::asio::post(impl_->io, [] {});
}

void loop::impl::drain_inbox(detail::scheduler& core) noexcept {
  if (!inbox_filled.load(std::memory_order_acquire)) return;
  const std::lock_guard guard(inbox_mutex);
  while (!inbox.empty()) core.ready.push(inbox.pop());
  inbox_filled.store(false, std::memory_order_relaxed);
}

// What a thread is about to put into the inbox, I/O, or a timer at `next`.
bool loop::impl::spin_until_work(detail::scheduler& core, time_point next) {
  constexpr unsigned looks_per_poll = 2048;
  unsigned looks = 0;
  return spin.until([&] {
    if (inbox_filled.load(std::memory_order_relaxed)) return true;
    if (++looks % looks_per_poll != 0) return false;
    poll_io(core);
    return !core.ready.empty() || time_point(std::chrono::steady_clock::now()) >= next;
  });
}

void loop::impl::sleep_until_io(detail::scheduler& core) {
  {
    const std::lock_guard guard(inbox_mutex);
    if (!inbox.empty()) return;
    asleep = true;
  }
  if (io.stopped()) io.restart();
  const auto keep_running =
      boost::asio::make_work_guard(io);  // a busy thread is work that Asio cannot see
  io.run_one();
  if (core.threads_busy > 0) spin.slept();
  {
    const std::lock_guard guard(inbox_mutex);
    asleep = false;
  }
  if (core.ready.empty() || takes_all(core)) poll_io(core);
}

// --- running ---

void loop::impl::execute_other(detail::scheduler& core, detail::ready_node& node) {
  switch (node.kind) {
    case detail::ready_kind::coroutine:
      break;  // not here
    case detail::ready_kind::stack:
      core.stacks->resume(node);
      break;
    case detail::ready_kind::new_stack: {
      auto& task = static_cast<detail::task_state&>(node);
      try {
        task.stacks().start(task);
      } catch (...) {
        task.fail_to_start(std::current_exception());
      }
      break;
    }
    case detail::ready_kind::callback: {
      auto& callback = static_cast<detail::ready_callback&>(node);
      core.current = nullptr;
      try {
        callback.take(callback, detail::ready_callback::use::call);
      } catch (...) {
        core.owner.report(std::current_exception());
      }
      break;
    }
  }
}

void loop::run_now(detail::ready_node& node) {
  // With no turns left, the stack that runs comes back here instead of switching to the next.
  const unsigned left = core_.turns_left;
  core_.turns_left = 0;
  impl::execute(core_, node);
  core_.current = nullptr;
  if (core_.main == nullptr || !core_.main->done()) core_.turns_left = left;
}

void loop::impl::turn(detail::scheduler& core) {
  const bool nothing_to_run = core.ready.empty();
  core.begin(detail::activity::turns);
  core.turns_left = batch;
  if (order) [[unlikely]] {
    // With one turn a batch no stack switches straight to the next: each choice is made here.
    core.turns_left = 1;
    order->choose(core.ready);
  }
  while (core.turns_left > 0 && !core.ready.empty()) {
    --core.turns_left;
    execute(core, core.ready.pop());
  }
  core.current = nullptr;
  core.begin(detail::activity::io);

  // Reading the clock costs as much as ten turns, so it is read once a batch, and the batch adapts:
  // slow turns make it short, until each is followed by a look at timers and I/O.
  const duration took = begin_batch(core);
  const bool slow = took > slow_batch;
  batch = slow ? std::max(1U, batch / 8) : std::min(most_turns, batch * 2);
  // Virtual time stands still while anything is ready: a timer that is due at once waits for that.
  if (core.ready.empty() || !core.virtual_time) {
    const std::uint64_t armed_before = core.timers.mark();
    if (core.guest != nullptr && core.ready.empty()) core.guest->quiet();
    fire_due_timers(core, armed_before);
  }
  if (!nothing_to_run) scan.something_ran(core.coarse_now);
  if (core.coarse_now >= scan.due()) [[unlikely]]
    scan.look(core.coarse_now);
  drain_inbox(core);
  // Where a thread is about to answer, the look at I/O would take longer than the answer.
  const bool idle = core.ready.empty() && (core.threads_busy == 0 || core.virtual_time);
  if (++batches_since_poll >= batches_per_poll || slow || idle) {
    poll_io(core);
    if (core.stacks != nullptr && core.stacks->needs_tending()) core.stacks->tend();
  }
}

void loop::impl::fire_due_timers(detail::scheduler& core, std::uint64_t armed_before) noexcept {
  const detail::timer* earliest = core.timers.earliest();
  if (earliest == nullptr) return;
  const time_point now = core.coarse_now;  // just read
  while (detail::timer* t = core.timers.earliest()) {
    // One that was armed by those fired now, and is due at once, is behind what they made ready.
    if (t->due > now || detail::timer_queue::armed_since(*t, armed_before)) break;
    core.timers.cancel(*t);
    t->fire(*t);
  }
}

// Asio looks at the kernel again behind what its last look has found. So when nothing is ready, who
// is woken by the first completion runs before the next is taken out: as many connections as have
// something to do are served for one look. Where there is work enough, the loop would come back too
// seldom for that.
void loop::impl::poll_io(const detail::scheduler& core) {
  batches_since_poll = 0;
  if (io.stopped()) io.restart();
  if (!core.ready.empty() || takes_all(core)) {
    io.poll();
  } else {
    while (core.ready.empty() && io.poll_one() != 0) {
    }
  }
}

// Whether some task, or each, waits in a primitive that is not the library's, of Boost.Fiber say:
// another thread may wake it, and no cancellation does. To be asked when nothing is ready.
bool loop::impl::foreign_wait(const detail::scheduler& core) noexcept {
  for (const detail::task_state* t = core.owner.tasks_.front(); t != nullptr; t = t->in_loop.next) {
    if (t->waiting_for == nullptr) return true;
  }
  return false;
}

bool loop::impl::only_foreign_waits(const detail::scheduler& core) noexcept {
  for (const detail::task_state* t = core.owner.tasks_.front(); t != nullptr; t = t->in_loop.next) {
    if (t->waiting_for != nullptr) return false;
  }
  return true;
}

bool loop::impl::io_has_work(detail::scheduler& core) {
  wake_timer.cancel();
  wake_at = time_point::max();
  if (core.background != nullptr) core.background->pause();
  io.restart();
  io.poll();
  const bool has_work = !io.stopped();
  if (core.background != nullptr) {
    core.background->resume();
    poll_io(core);
  }
  return has_work;
}

bool loop::impl::wait_for_work(detail::scheduler& core) {
  const bool tends = core.stacks != nullptr && core.stacks->needs_tending();
  time_point next = tends ? core.stacks->tend() : time_point::max();
  if (!core.ready.empty()) return true;
  if (core.guest != nullptr && core.guest->waits_for_quiet()) return true;
  const detail::timer* timer = core.timers.earliest();
  if (timer != nullptr && timer->due == time_point::max())
    timer = nullptr;  // a sleep without an end
  if (timer != nullptr && core.virtual_time) {
    // Time does not jump ahead of a function on another thread, which takes no virtual time.
    if (core.threads_busy == 0) {
      core.coarse_now = std::max(core.coarse_now, std::min(timer->due, scan.due()));
      return true;
    }
  } else if (timer != nullptr) {
    if (timer->due <= core.now()) return true;  // armed by what the last timers woke
    next = std::min(next, timer->due);
  }
  // Of a thread that it was not told of the loop thinks no longer than its main task is there.
  const auto unknown_thread_may_wake = [&] { return core.main != nullptr && foreign_wait(core); };
  if (next == time_point::max() && core.threads_busy == 0 && !unknown_thread_may_wake()) {
    const bool io_is_left = io_has_work(core);
    drain_inbox(core);
    if (!core.ready.empty()) return true;  // the look has run what came meanwhile
    if (!io_is_left) return false;
  }

  if (!core.virtual_time) next = std::min(next, scan.due());
  if (next < wake_at) {
    wake_at = next;
    wake_timer.expires_at(next);
    wake_timer.async_wait([this](const boost::system::error_code& error) {
      if (!error) wake_at = time_point::max();
    });
  }
  core.begin(detail::activity::idle);
  if (core.threads_busy == 0 || !spin_until_work(core, next)) sleep_until_io(core);
  core.begin(detail::activity::io);
  drain_inbox(core);
  begin_batch(core);
  return true;
}

loop::running::running(loop& owner) : owner_(owner) {
  if (detail::this_scheduler != nullptr) {
    throw usage_error(
        "loop::run: a loop runs on this thread already; spawn a task on it, or use a thread of its "
        "own");
  }
  if (owner.core_.stacks != nullptr) owner.core_.stacks->begin_run();
  detail::this_scheduler = &owner.core_;
  owner.core_.begin(detail::activity::io);
  owner.impl_->begin_batch(owner.core_);
}

loop::running::~running() {
  owner_.core_.begin(detail::activity::stopped);
  detail::this_scheduler = nullptr;
  if (owner_.core_.stacks != nullptr) owner_.core_.stacks->end_run();
}

bool loop::turn_until(const bool& stop) {
  const running scope(*this);
  while (!stop) {
    impl_->turn(core_);
    if (stop || !core_.ready.empty() || impl_->wait_for_work(core_)) continue;
    if (core_.guest == nullptr || !core_.guest->stuck()) return false;
  }
  return true;
}

void loop::run_until_ended(detail::task_state& main) {
  core_.main = &main;
  std::optional<deadlock> stuck;
  while (!main.done()) {
    impl_->turn(core_);
    if (main.done() || !core_.ready.empty() || impl_->wait_for_work(core_)) continue;
    if (core_.guest != nullptr && core_.guest->stuck()) continue;
    stuck.emplace("nothing is left that could wake a task", wait_graph());
    break;
  }
  core_.main = nullptr;
  end_all_tasks();
  if (stuck) throw deadlock(*stuck);
}

void loop::end_all_tasks() noexcept {
  // A shield may hold a task in a wait that nobody will end; after that, shields no longer hold. A
  // task that goes on waiting through many cancellations will never end, nor will one that no
  // cancellation reaches.
  constexpr int most_rounds = 100;
  for (detail::task_state* t = tasks_.front(); t != nullptr; t = t->in_loop.next)
    t->cancel("the loop ends");
  for (int round = 0; tasks_.front() != nullptr;) {
    impl_->turn(core_);
    if (tasks_.front() == nullptr || !core_.ready.empty() || impl_->wait_for_work(core_)) continue;
    if (impl_->only_foreign_waits(core_) || ++round > most_rounds) return impl_->give_up(core_);
    for (detail::task_state* t = tasks_.front(); t != nullptr; t = t->in_loop.next)
      t->force_cancel();
  }
}

void loop::impl::give_up(detail::scheduler& core) noexcept {
  gave_up = true;
  const crossfade::wait_graph left = core.owner.wait_graph();
  if (foreign_wait(core)) {
    core.owner.report(std::make_exception_ptr(deadlock(
        "the loop ends and leaves tasks in waits of Boost.Fiber, which no cancellation ends; "
        "nothing is left that could wake them, but for a thread without a thread_hold",
        left)));
  } else {
    core.owner.report(std::make_exception_ptr(usage_error(
        "the loop ends and leaves tasks that swallow every cancellation" + left.text())));
  }
}

std::string loop::tasks_on_stacks() const {
  std::string text;
  for (const detail::task_state* t = tasks_.front(); t != nullptr; t = t->in_loop.next) {
    if (!t->on_stack()) continue;
    text += "\n  task " + std::to_string(t->id);
    if (!t->name().empty()) text.append(" '").append(t->name()).append("'");
    text += ", " + t->spawned_at();
  }
  return text;
}

}  // namespace crossfade
