#include "compat/stall_watch.hpp"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "compat/errors.hpp"
#include "compat/event.hpp"
#include "compat/loop.hpp"
#include "compat/runtime.hpp"
#include "compat/spawn.hpp"
#include "compat/subsystem.hpp"
#include "compat/to_thread.hpp"
#include "test_kit/loop_test.hpp"

// A stall is a matter of real time. No test here measures any: a turn is stuck until it has been
// reported, and what is not reported hangs. How long turns take that are not stuck on purpose is
// the machine's business: reports of those are nobody's mistake, and no test looks at them.

namespace crossfade {

using namespace test_kit;

/// What was told of the turns that are stuck on purpose; for the watch's thread and the loop's.
///
/// The machine may hold up a turn before it is stuck: a report without the function that is stuck
/// is none.
class stall_log {
 public:
  void add(const stall& s) {
    const std::lock_guard guard(mutex_);
    const bool on_purpose = std::ranges::any_of(s.stack, [](const stack_frame& f) {
      return f.function.find("is_stuck") != std::string::npos;
    });
    if (!on_purpose) return;
    stalls_.push_back(s);
    changed_.notify_all();
  }
  /// Those of somebody.
  std::vector<stall> of(std::string_view who) {
    const std::lock_guard guard(mutex_);
    return find(who);
  }
  /// Blocks the thread until there is one.
  void wait_for(std::string_view who) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return !find(who).empty(); });
  }
  bool empty() {
    const std::lock_guard guard(mutex_);
    return stalls_.empty();
  }

 private:
  std::vector<stall> find(std::string_view who) const {
    std::vector<stall> some;
    std::ranges::copy_if(stalls_, std::back_inserter(some),
                         [&](const stall& s) { return s.who.find(who) != std::string::npos; });
    return some;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<stall> stalls_;
};

// Named in stacks, so not in an anonymous namespace.
[[gnu::noinline]] void is_stuck_computing(const std::function<bool()>& until) {
  while (!until()) std::this_thread::yield();
  asm volatile("");  // the call above is no tail call
}
[[gnu::noinline]] void is_stuck_waiting(stall_log& log, std::string_view who) {
  log.wait_for(who);
  asm volatile("");
}

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr duration limit = 20ms;

auto in_function(const std::string& name) {
  return Field(&stall::stack, Contains(Field(&stack_frame::function, HasSubstr(name))));
}

class StallWatchTest : public testing::TestWithParam<cell> {
 protected:
  stall_watch_options options() {
    return {.limit = limit, .on_stall = [this](const stall& s) { log_.add(s); }};
  }
  void run(const std::function<task<>()>& text) { backends_.run(GetParam(), text); }
  std::string carrier() { return std::string(backends_.of(GetParam()).name()); }
  void compute_until_told(const std::string& who) {
    is_stuck_computing([&] { return !log_.of(who).empty(); });
  }
  static void compute_until_counted(const stall_watch& watch, const std::string& why) {
    is_stuck_computing([&] {
      const auto rows = watch.counters();
      return std::ranges::any_of(
          rows, [&](const stall_counters& c) { return c.allowed == why && c.count > 0; });
    });
  }
  // What the loop's error handler was told.
  auto reported(const std::string& message) {
    return Contains(AllOf(Field(&task_report::kind, task_report::what::stall),
                          testing::ResultOf([](const task_report& r) { return r.message(); },
                                            ContainsRegex(message))));
  }

  std::vector<task_report> reports_;
  loop loop_{
      {.virtual_time = true, .on_error = [this](const task_report& r) { reports_.push_back(r); }}};
  both_backends backends_{loop_};
  stall_log log_;
};

TEST_P(StallWatchTest, TurnIsReportedWhileItIsStuckWithItsStack) {
  {
    stall_watch watch(loop_, options());
    run([&]() -> task<> {
      co_await checkpoint();
      compute_until_told("'main'");
    });
  }
  const stall told = log_.of("'main'").front();
  EXPECT_EQ(told.task, 1U);
  EXPECT_THAT(told.who, StartsWith("task 1 'main' (" + carrier() + "), spawned at "));
  EXPECT_EQ(told.backend, carrier());
  EXPECT_GE(told.lasted, limit);
  EXPECT_THAT(told, in_function("is_stuck_computing"));
  EXPECT_THAT(told.message(),
              ContainsRegex("^task 1 'main' .* has kept the loop for [0-9.]+ m?s\n    "));
}

TEST_P(StallWatchTest, TurnIsReportedAgainWhenItHasEnded) {
  {
    stall_watch watch(loop_, options());
    run([&]() -> task<> {
      co_await checkpoint();
      compute_until_told("'main'");
    });
  }
  EXPECT_THAT(reports_, reported("^task 1 'main' .*, spawned at .*:[0-9]+ kept the loop for "
                                 "[0-9.]+ m?s, in ."));
}

TEST_P(StallWatchTest, TurnThatGoesOnIsReportedAgain) {
  stall_watch watch(loop_, options());
  run([&]() -> task<> {
    co_await checkpoint();
    is_stuck_computing([&] { return log_.of("'main'").size() > 2; });
  });
  const std::vector<stall> told = log_.of("'main'");
  EXPECT_GE(told[1].lasted, 2 * limit);
  EXPECT_GE(told[2].lasted, 4 * limit);
  const auto rows = watch.counters();
  EXPECT_THAT(rows, Contains(AllOf(Field(&stall_counters::backend, carrier()),
                                   Field(&stall_counters::longest, testing::Ge(4 * limit)))));
}

// A task blocks the thread for what only another task of the loop can bring about.
TEST_P(StallWatchTest, BlockingWaitForAnotherTaskIsReportedWithItsStack) {
  stall_watch watch(loop_, options());
  run([&]() -> task<> {
    co_await checkpoint();
    is_stuck_waiting(log_, "'main'");
  });
  EXPECT_THAT(log_.of("'main'").front(), in_function("is_stuck_waiting"));
}

TEST_P(StallWatchTest, NamesTheTaskThatIsStuckAmongThoseThatTakeTurns) {
  runtime runtime(loop_, {backends_.fiber, backends_.coro},
                  [&](auto...) { return backends_.of(GetParam()).name(); });
  subsystem prices(runtime, "prices");
  stall_watch watch(loop_, options());
  run([&]() -> task<> {
    bool done = false;
    const auto busy = [&]() -> task<> {
      while (!done) co_await checkpoint();
    };
    auto before = prices.spawn({.name = "before"}, busy);
    auto stuck = prices.spawn({.name = "stuck"}, [&]() -> task<> {
      for (int i = 0; i < 5; ++i) co_await checkpoint();
      compute_until_told("'stuck'");
      done = true;
    });
    auto after = prices.spawn({.name = "after"}, busy);
    co_await before.join();
    co_await stuck.join();
    co_await after.join();
  });
  const stall told = log_.of("'stuck'").front();
  EXPECT_THAT(told.who, HasSubstr("'stuck' (subsystem prices, " + carrier() + "), spawned at "));
  EXPECT_THAT(told.who, HasSubstr("stall_watch_test.cpp:"));
  EXPECT_EQ(told.subsystem, "prices");
  EXPECT_THAT(told, in_function("is_stuck_computing"));
  EXPECT_THAT(
      watch.counters(),
      Contains(AllOf(
          Field(&stall_counters::subsystem, "prices"), Field(&stall_counters::backend, carrier()),
          Field(&stall_counters::allowed, ""), Field(&stall_counters::count, testing::Ge(1U)),
          Field(&stall_counters::longest, testing::Ge(limit)))));
}

TEST_P(StallWatchTest, CallbackIsReportedAsOne) {
  stall_watch watch(loop_, options());
  event called;
  loop_.post([&] {
    compute_until_told("a callback");
    called.set();
  });
  run([&]() -> task<> { co_await called.wait(); });
  const stall told = log_.of("a callback").front();
  EXPECT_EQ(told.task, 0U);
  EXPECT_EQ(told.backend, "");
}

// The loop was idle, and is stuck in the first handler that I/O calls.
TEST_P(StallWatchTest, HandlerThatKeepsAnIdleLoopIsReported) {
  stall_watch watch(loop_, options());
  event called;
  boost::asio::steady_timer timer(loop_.io(), 1ms);
  timer.async_wait([&](const boost::system::error_code&) {
    compute_until_told("an I/O handler");
    called.set();
  });
  run([&]() -> task<> { co_await called.wait(); });
}

TEST_P(StallWatchTest, FunctionOnAThreadIsNoStall) {
  stall_watch watch(loop_, options());
  run([&]() -> task<> {
    co_await to_thread([&] {
      // Long enough for another watch to notice.
      loop other({.virtual_time = true, .on_error = [](const task_report&) {}});
      coro_backend::backend coro(other);
      stall_log log;
      stall_watch clock(other, {.limit = limit, .on_stall = [&](const stall& s) { log.add(s); }});
      other.run(coro, [&] { is_stuck_computing([&] { return !log.of("'main'").empty(); }); });
    });
  });
  EXPECT_TRUE(log_.empty());
}

TEST_P(StallWatchTest, LoopThatDoesNotRunIsNotLookedInto) {
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGURG);
  pthread_sigmask(SIG_BLOCK, &asked, nullptr);
  {
    const stall_watch watch(loop_, options());
    // Long enough for a slower watch, of a loop on another thread, to notice.
    std::thread([&] {
      pthread_sigmask(SIG_UNBLOCK, &asked, nullptr);
      loop other({.virtual_time = true, .on_error = [](const task_report&) {}});
      both_backends backends(other);
      stall_log log;
      stall_watch clock(
          other, {.limit = 4 * limit, .on_stall = [&](const stall& told) { log.add(told); }});
      backends.run(GetParam(), [&]() -> task<> {
        is_stuck_waiting(log, "'main'");
        co_return;
      });
    }).join();
  }
  EXPECT_TRUE(log_.empty());
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGURG), 0);
  pthread_sigmask(SIG_UNBLOCK, &asked, nullptr);
}

TEST_P(StallWatchTest, EndOfTheWatchInsideTheTurnIsTheEndOfTheReport) {
  std::optional<stall_watch> watch(std::in_place, loop_, options());
  run([&]() -> task<> {
    compute_until_told("'main'");
    watch.reset();
    EXPECT_THAT(reports_, reported("'main'.* kept the loop for "));
    co_return;
  });
}

// --- what may block ---

TEST_P(StallWatchTest, AllowedBlockingIsCountedWithItsReasonAndNotReported) {
  {
    stall_watch watch(loop_, options());
    run([&]() -> task<> {
      co_await checkpoint();
      const blocking_allowed scope("reads the certificate");
      compute_until_counted(watch, "reads the certificate");
    });
    EXPECT_THAT(watch.counters(),
                Contains(AllOf(Field(&stall_counters::allowed, "reads the certificate"),
                               Field(&stall_counters::backend, carrier()),
                               Field(&stall_counters::longest, testing::Ge(limit)))));
  }
  EXPECT_TRUE(log_.empty());
  EXPECT_THAT(reports_, Not(reported("is_stuck")));
}

TEST_P(StallWatchTest, ScopesThatAllowBlockingNest) {
  stall_watch watch(loop_, options());
  run([&]() -> task<> {
    const blocking_allowed outer("outer");
    {
      const blocking_allowed inner("inner");
      compute_until_counted(watch, "inner");
    }
    co_await checkpoint();
    compute_until_counted(watch, "outer");
  });
  EXPECT_TRUE(log_.empty());
}

TEST_P(StallWatchTest, AllowedBlockingIsTheTasksOwn) {
  stall_watch watch(loop_, options());
  event set;
  backends_.run(GetParam(), [&]() -> task<> {
    auto other = spawn({.name = "other"}, [&]() -> task<> {
      compute_until_told("'other'");
      set.set();
      co_return;
    });
    {
      const blocking_allowed scope("mine");
      co_await set.wait();
      compute_until_counted(watch, "mine");
    }
    co_await checkpoint();
    compute_until_told("'main'");
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, StallWatchTest, cells(), cell_name);

// --- around it ---

class StallWatchRulesTest : public loop_test {};

TEST_F(StallWatchRulesTest, RefusesWhatCannotWork) {
  EXPECT_THROW(stall_watch(loop_, {.limit = 0ms}), usage_error);
  const stall_watch first(loop_);
  EXPECT_THROW(const stall_watch second(loop_), usage_error);
}

TEST_F(StallWatchRulesTest, RefusesASignalThatTheProgramHandles) {
  signal(SIGUSR2, [](int) {});
  EXPECT_THROW(const stall_watch watch(loop_, {.signal = SIGUSR2}), usage_error);
  signal(SIGUSR2, SIG_DFL);
  const stall_watch watch(loop_, {.signal = SIGUSR2});
}

// Takes as long as the watch has patience, five seconds.
TEST_F(StallWatchRulesTest, ThreadThatTakesNoSignalIsReportedWithoutItsStack) {
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGURG);
  pthread_sigmask(SIG_BLOCK, &asked, nullptr);
  std::atomic<bool> told = false;
  {
    stall_watch watch(loop_, {.limit = limit, .on_stall = [&](const stall& s) {
                                EXPECT_THAT(s.stack, IsEmpty());
                                told = true;
                              }});
    loop_.run(backends_.coro, [&] { is_stuck_computing([&] { return told.load(); }); });
    pthread_sigmask(SIG_UNBLOCK, &asked, nullptr);
  }
  EXPECT_THAT(take_reports(), Contains(HasSubstr("that takes no signal kept the loop for ")));
}

TEST_F(StallWatchRulesTest, WritesToStandardErrorByDefault) {
  testing::internal::CaptureStderr();
  {
    loop other({.virtual_time = true});
    coro_backend::backend coro(other);
    stall_watch watch(other, {.limit = limit});
    other.run(coro, [&] { is_stuck_computing([&] { return !watch.counters().empty(); }); });
  }
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, ContainsRegex("crossfade: task 1 'main' .* has kept the loop for "));
  EXPECT_THAT(written, ContainsRegex("crossfade: task 1 'main' .* kept the loop for "));
}

TEST_F(StallWatchRulesTest, OffsetsAreThoseOfTheFile) {
  stall_log log;
  {
    stall_watch watch(loop_, {.limit = limit, .on_stall = [&](const stall& s) { log.add(s); }});
    loop_.run(backends_.coro,
              [&] { is_stuck_computing([&] { return !log.of("'main'").empty(); }); });
  }
  take_reports();
  Dl_info program{};
  link_map* map = nullptr;
  auto* const function = reinterpret_cast<void*>(&is_stuck_computing);
  ASSERT_NE(dladdr1(function, &program, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP), 0);
  const auto begin = reinterpret_cast<std::uintptr_t>(function) - map->l_addr;
  const stall told = log.of("'main'").front();
  const auto frame = std::ranges::find_if(told.stack, [](const stack_frame& f) {
    return f.function.find("is_stuck_computing") != std::string::npos;
  });
  ASSERT_NE(frame, told.stack.end());
  EXPECT_GE(frame->offset, begin);
  EXPECT_LT(frame->offset, begin + 1000);
  EXPECT_THAT(frame->text(), ContainsRegex("is_stuck_computing\\(.*\\) \\(.*compat_watch_tests"
                                           "\\+0x[0-9a-f]+\\)$"));
}

}  // namespace
}  // namespace crossfade
