#include "test_kit/hang_watch.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "compat/detail/task_state.hpp"

namespace crossfade::test_kit {

namespace {

using std::chrono::steady_clock;

constexpr const char* limit_variable = "CROSSFADE_TEST_LIMIT";

std::string in_seconds(std::chrono::nanoseconds length) {
  return std::to_string(std::chrono::duration<double>(length).count()) + " s";
}

}  // namespace

hang_limits hang_limits::from_environment() {
  double seconds = 60;
  if (const char* text = std::getenv(limit_variable)) seconds = std::stod(text);
  const auto run =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
  return {.run = run, .grace = run / 2};
}

hang_watch::hang_watch(hang_limits limits) : limits_(limits) {
  if (limits_.run > limits_.run.zero()) thread_ = std::thread([this] { watch(); });
}

hang_watch::~hang_watch() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

// The thread is not told of a run: it wakes in time for one that began right after it had slept in.
hang_watch::run::run(hang_watch& watch, loop& owner) : watch_(watch) {
  const std::lock_guard guard(watch.mutex_);
  watch.stage_ = stage::running;
  watch.loop_ = &owner;
  watch.loop_thread_ = ::pthread_self();
  watch.due_ = steady_clock::now() + watch.limits_.run;
}

hang_watch::run::~run() {
  const std::lock_guard guard(watch_.mutex_);
  watch_.stage_ = stage::idle;
}

void hang_watch::watch() {
  std::unique_lock guard(mutex_);
  while (!stop_) {
    if (stage_ == stage::idle) {
      changed_.wait_for(guard, limits_.run);
    } else if (changed_.wait_until(guard, due_) == std::cv_status::no_timeout) {
      continue;
    } else if (stage_ == stage::running && due_ <= steady_clock::now()) {
      cancel_run();
    } else if (stage_ == stage::cancelled && due_ <= steady_clock::now()) {
      end_program();
    }
  }
}

void hang_watch::cancel_run() {
  stage_ = stage::cancelled;
  due_ = steady_clock::now() + limits_.grace;
  // In a turn of the loop, where what the tasks do can be looked at.
  loop_->post([owner = loop_, limit = in_seconds(limits_.run)] {
    const std::string what = "the run has taken longer than " + limit;
    ADD_FAILURE() << what << " (" << limit_variable << " sets the limit)"
                  << owner->wait_graph().text();
    if (detail::task_state* main = owner->core().main) main->cancel(what);
  });
}

void hang_watch::end_program() const {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  std::fprintf(stderr,
               "crossfade: %s.%s hangs: its run was cancelled and has not ended; either a turn of "
               "the loop does not end, or a task swallows its cancellation. The thread that is "
               "stuck aborts.\n",
               test != nullptr ? test->test_suite_name() : "", test != nullptr ? test->name() : "");
  ::pthread_kill(loop_thread_, SIGABRT);
  std::this_thread::sleep_for(limits_.grace);  // somebody may handle the signal
  std::abort();
}

}  // namespace crossfade::test_kit
