#include "compat/stall_watch.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "compat/detail/duration_text.hpp"
#include "compat/detail/stack_frames.hpp"
#include "compat/detail/stack_sampler.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/errors.hpp"
#include "compat/loop.hpp"

namespace crossfade {

using detail::activity;
using detail::moment;
using detail::stack_sample;

std::string stall::message() const {
  std::string text = who + " has kept the loop for " + detail::in_words(lasted);
  for (const stack_frame& frame : stack) text += "\n    " + frame.text();
  return text;
}

namespace {

constexpr std::size_t most_frames_of_a_line = 16;
constexpr int looks_in_a_limit = 4;
constexpr duration wait_for_sample = std::chrono::milliseconds(1);
constexpr duration longest_wait_for_sample = std::chrono::seconds(5);  // for one, in all

// What is to be told on the loop's thread: by a posted call or, when none will come any more, by
// the watch's end.
class outbox {
 public:
  void put(task_report&& report) {
    const std::lock_guard guard(mutex_);
    reports_.push_back(std::move(report));
  }
  void deliver(loop& to) {
    std::vector<task_report> reports;
    {
      const std::lock_guard guard(mutex_);
      reports.swap(reports_);
    }
    for (const task_report& r : reports) to.report(r);
  }

 private:
  std::mutex mutex_;
  std::vector<task_report> reports_;
};

std::string who_of(const stack_sample& sample) {
  if (sample.task != 0) {
    return detail::label_text(sample.task, sample.name.view(), sample.subsystem.view(),
                              sample.backend.view()) +
           ", spawned at " + detail::site_text(sample.site);
  }
  return sample.at.doing == activity::turns ? "a callback or a fiber that is no task"
                                            : "an I/O handler";
}

}  // namespace

struct stall_watch::impl {
  impl(loop& l, stall_watch_options&& o)
      : watched(l), options(std::move(o)), sampler(l.core(), options.signal) {
    if (options.limit <= duration::zero())
      throw usage_error("stall_watch: the limit is not above zero");
    thread = std::thread([this] { watch(); });
  }
  ~impl() {
    {
      const std::lock_guard guard(mutex);
      stop = true;
    }
    changed.notify_one();
    thread.join();
    if (!counted.empty()) end_stall(time_point(std::chrono::steady_clock::now()));
    ended->deliver(watched);
  }

  void watch();
  void look();
  void examine();
  void tell(const stack_sample* sample);
  void count(const stall& found, std::string_view allowed);
  void end_stall(time_point now);

  loop& watched;
  const stall_watch_options options;
  const duration interval = options.limit / looks_in_a_limit;
  detail::stack_sampler sampler;
  const std::shared_ptr<outbox> ended = std::make_shared<outbox>();  // a posted call may outlive us

  // --- the watch's thread only ---
  moment seen{};        // what the loop was at when looked at last
  time_point looked{};  // when that was
  time_point began{};   // when it was first seen to be at that
  duration stuck{};     // for how long it has been, less what the whole program lost
  duration due{};       // how long that may get until there is a sample to be taken
  std::optional<duration> sample_asked;  // how long it was when a sample was asked for
  bool asked_idle = false;
  std::vector<std::size_t> counted;  // rows of `counters` that count this stall
  std::optional<stall> told;         // last, of this stall

  // --- shared ---
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  std::vector<stall_counters> counters;

  std::thread thread;
};

void stall_watch::impl::watch() {
  looked = time_point(std::chrono::steady_clock::now());
  std::unique_lock guard(mutex);
  for (;;) {
    const duration pause = sample_asked ? std::min(wait_for_sample, interval) : interval;
    if (changed.wait_for(guard, pause, [this] { return stop; })) return;
    guard.unlock();
    look();
    guard.lock();
  }
}

void stall_watch::impl::look() {
  const auto now = time_point(std::chrono::steady_clock::now());
  // A machine that slept or swapped is not the turn's fault.
  const duration step = std::min(now - std::exchange(looked, now), 2 * interval);
  const moment current = watched.core().now_at();
  if (current != seen) {
    if (!counted.empty()) end_stall(now);
    seen = current;
    began = now;
    stuck = {};
    due = options.limit;
    sample_asked.reset();
    asked_idle = false;
    return;
  }
  if (seen.doing == activity::stopped) return;
  stuck += step;
  examine();
}

void stall_watch::impl::examine() {
  if (!sample_asked) {
    if (stuck < due) return;
    if (seen.doing == activity::idle && !std::exchange(asked_idle, true)) {
      // It waits for I/O, or is stuck in the first handler that I/O called: only then nothing moves
      // when there is work.
      stuck = {};
      boost::asio::post(watched.io(), [] {});
      return;
    }
    sampler.ask();
    sample_asked = stuck;
    return;
  }
  const stack_sample* const sample = sampler.taken();
  if (sample == nullptr && stuck < *sample_asked + longest_wait_for_sample) return;
  sample_asked.reset();
  due = 2 * stuck;
  if (sample == nullptr || sample->at == seen) tell(sample);  // otherwise it has just ended
}

void stall_watch::impl::tell(const stack_sample* sample) {
  stall found{.who = "a turn of a thread that takes no signal", .lasted = looked - began};
  if (sample != nullptr) {
    found.task = sample->task;
    found.who = who_of(*sample);
    found.subsystem = sample->subsystem.view();
    found.backend = sample->backend.view();
    found.stack = detail::frames_of(*sample);
  }
  const std::string_view allowed = sample != nullptr ? sample->allowed.view() : "";
  count(found, allowed);
  if (!allowed.empty()) return;
  told = std::move(found);
  if (options.on_stall) {
    options.on_stall(*told);
  } else {
    std::fprintf(stderr, "crossfade: %s\n", told->message().c_str());
  }
}

// Once in each row, however often it is told: what is allowed may begin or end inside a turn.
void stall_watch::impl::count(const stall& found, std::string_view allowed) {
  const std::lock_guard guard(mutex);
  const auto row = std::ranges::find_if(counters, [&](const stall_counters& c) {
    return c.subsystem == found.subsystem && c.backend == found.backend && c.allowed == allowed;
  });
  const auto index = static_cast<std::size_t>(row - counters.begin());
  if (row == counters.end()) {
    counters.push_back(
        {.subsystem = found.subsystem, .backend = found.backend, .allowed = std::string(allowed)});
  }
  if (std::ranges::find(counted, index) == counted.end()) {
    counted.push_back(index);
    ++counters[index].count;
  }
  for (const std::size_t i : counted)
    counters[i].longest = std::max(counters[i].longest, found.lasted);
}

void stall_watch::impl::end_stall(time_point now) {
  const duration lasted = now - began;
  {
    const std::lock_guard guard(mutex);
    for (const std::size_t i : counted) counters[i].longest = std::max(counters[i].longest, lasted);
  }
  counted.clear();
  if (!told) return;
  std::string details = "kept the loop for " + detail::in_words(lasted);
  const char* separator = ", in ";
  for (std::size_t i = 0; i < std::min(told->stack.size(), most_frames_of_a_line); ++i)
    details += std::exchange(separator, " <- ") + told->stack[i].text();
  ended->put({task_report::what::stall, std::move(told->who), std::move(details)});
  watched.post([box = ended, &to = watched] { box->deliver(to); });
  told.reset();
}

stall_watch::stall_watch(loop& watched, stall_watch_options options)
    : impl_(std::make_unique<impl>(watched, std::move(options))) {}

stall_watch::~stall_watch() = default;

std::vector<stall_counters> stall_watch::counters() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->counters;
}

// --- what may block ---

blocking_allowed::blocking_allowed(const char* why) noexcept
    : here_(detail::this_scheduler), task_(here_ != nullptr ? here_->current : nullptr), why_(why) {
  if (here_ == nullptr) return;
  outer_ = here_->blockers;
  std::atomic_signal_fence(std::memory_order_release);  // a handler finds a whole list
  here_->blockers = this;
}

blocking_allowed::~blocking_allowed() {
  if (here_ == nullptr) return;
  blocking_allowed** link = &here_->blockers;
  while (*link != this) link = &(*link)->outer_;
  *link = outer_;
  std::atomic_signal_fence(std::memory_order_release);
}

std::string_view blocking_allowed::why(const detail::scheduler& here) noexcept {
  for (const blocking_allowed* b = here.blockers; b != nullptr; b = b->outer_) {
    if (b->task_ == here.current) return b->why_;
  }
  return {};
}

}  // namespace crossfade
