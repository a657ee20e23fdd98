#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

#include "compat/event.hpp"
#include "compat/on_fiber.hpp"
#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "compat/to_thread.hpp"
#include "fiber_backend/detail/stack_switch.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using fiber_backend::backend_options;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t small = std::size_t{64} * 1024;

// Fills `kilobytes` of stack, at the least, then calls `last`. Each frame is handed the one above
// it, or an optimiser might make a loop of them that uses one and the same.
template <class Last>
[[gnu::noinline]] std::size_t fill_stack(std::size_t kilobytes, const Last& last,
                                         volatile char* above = nullptr) {
  volatile char kilobyte[1024];
  for (auto& byte : kilobyte) byte = 1;
  if (above != nullptr) above[0] = 2;
  std::size_t below = 0;
  if (kilobytes > 1) {
    below = fill_stack(kilobytes - 1, last, kilobyte);
  } else {
    last();
  }
  return below + static_cast<std::size_t>(kilobyte[0] != 0);
}
void nothing() {}

// The default action, or a sanitizer's report.
bool is_ended_by_fault(int status) {
#if defined(CROSSFADE_ASAN) || defined(CROSSFADE_TSAN)
  return !testing::ExitedWithCode(0)(status);
#else
  return testing::KilledBySignal(SIGSEGV)(status);
#endif
}

[[maybe_unused]] bool is_ended_by_abort(int status) {
  return testing::KilledBySignal(SIGABRT)(status);
}

struct stage {
  explicit stage(backend_options options) : fiber(loop, options) {}

  // Runs `body` in the child of a fiber that waits for it.
  template <class Body>
  void run(crossfade::backend& carrier, Body body) {
    chosen = carrier.name();
    loop.run(fiber, [&] { await(database.spawn({.name = "import"}, body).join()); });
  }

  crossfade::loop loop{{.virtual_time = true}};
  fiber_backend::backend fiber;
  coro_backend::backend coro{loop};
  std::string_view chosen;
  runtime choice{loop, {fiber, coro}, [this](auto...) { return chosen; }};
  subsystem database{choice, "database"};
};

TEST(OverflowTest, AtAGuardSaysWhoseStackItWas) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small});
        s.run(s.fiber, [] { fill_stack(1024, nothing); });
      },
      is_ended_by_fault,
      ContainsRegex("crossfade: stack overflow in task 2 'import' \\(subsystem database, fiber\\), "
                    "spawned at .*overflow_test.cpp:[0-9]+: its stack has 65536 bytes; "
                    "raise backend_options::stack_size\n"));
}

TEST(OverflowTest, InAPortalSaysWhoseItWas) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small});
        s.run(s.coro, []() -> task<> {
          const auto body = [] { fill_stack(1024, nothing); };
          co_await on_fiber(body);
        });
      },
      is_ended_by_fault,
      ContainsRegex("stack overflow in task 2 'import' \\(subsystem database, coro\\), spawned at "
                    ".*: its stack has 65536 bytes; raise"));
}

TEST(OverflowTest, OfTheThreadsOwnStackSaysWhoRan) {
  EXPECT_EXIT(
      {
        // A thread of its own, since the main thread's stack may have no end.
        std::thread([] {
          stage s({});
          s.run(s.coro, []() -> task<> {
            fill_stack(std::size_t{64} * 1024, nothing);
            co_return;
          });
        }).join();
      },
      is_ended_by_fault,
      ContainsRegex("stack overflow in task 2 'import' \\(subsystem database, coro\\), spawned at "
                    ".*: the stack of the loop's thread has [0-9]+ bytes; nest fewer calls"));
}

TEST(OverflowTest, OfACallbackSaysSo) {
  EXPECT_EXIT(
      {
        std::thread([] {
          stage s({});
          s.run(s.fiber, [&] {
            s.loop.post([] { fill_stack(std::size_t{64} * 1024, nothing); });
            await(event().wait());
          });
        }).join();
      },
      is_ended_by_fault,
      ContainsRegex("crossfade: stack overflow in a callback: the stack of the loop's thread has"));
}

#if !defined(CROSSFADE_ASAN)  // it reports the write itself, or what the write has spoiled
TEST(OverflowTest, WithoutAGuardIsSeenWhenTheTaskWaits) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small, .max_guarded_stacks = 0});
        s.run(s.fiber, [] { fill_stack(small / 1024 + 4, [] { await(checkpoint()); }); });
      },
      is_ended_by_abort,
      ContainsRegex("stack overflow in task 2 'import' \\(subsystem database, fiber\\), spawned at "
                    ".*: something was written below its stack, which has 69632 bytes; raise "
                    "backend_options::stack_size\n"));
}

TEST(OverflowTest, WithoutAGuardIsSeenWhenTheTaskEnds) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small, .max_guarded_stacks = 0});
        s.run(s.fiber, [] { fill_stack(small / 1024 + 4, nothing); });
      },
      is_ended_by_abort, HasSubstr("something was written below its stack"));
}

TEST(OverflowTest, WithoutAGuardIsSeenWhenThePortalEnds) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small, .max_guarded_stacks = 0});
        s.run(s.coro, []() -> task<> {
          const auto body = [] { fill_stack(small / 1024 + 4, nothing); };
          co_await on_fiber(body);
        });
      },
      is_ended_by_abort, HasSubstr("something was written below its stack"));
}

#endif

TEST(OverflowTest, StacksThatAreUsedToTheFullAreNoOverflow) {
  stage s({.stack_size = small, .max_guarded_stacks = 0});
  s.run(s.fiber, [] {
    for (int i = 0; i < 100; ++i) {
      std::vector<handle<>> handles;
      for (int k = 0; k < 3; ++k)
        handles.push_back(spawn([] { fill_stack(16, [] { await(checkpoint()); }); }));
      for (auto& handle : handles) await(handle.join());
    }
  });
}

TEST(OverflowTest, NothingIsSaidWhenTheReportIsSwitchedOff) {
  EXPECT_EXIT(
      {
        stage s({.stack_size = small, .report_overflow = false});
        s.run(s.fiber, [] { fill_stack(1024, nothing); });
      },
      is_ended_by_fault, Not(HasSubstr("crossfade: stack overflow")));
}

// --- other faults, other handlers ---

void exit_with_42(int) { _exit(42); }

void handle_faults_by(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
}

struct sigaction handler_in_force() {
  struct sigaction action {};
  sigaction(SIGSEGV, nullptr, &action);
  return action;
}

// Into the page that is never mapped.
[[gnu::noinline]] void write_nowhere() {
  volatile std::uintptr_t nowhere = 64;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

TEST(FaultTest, ElsewhereEndsTheProgramWithoutAWordOfOurs) {
  EXPECT_EXIT(
      {
        stage s({});
        s.run(s.fiber, [] { write_nowhere(); });
      },
      is_ended_by_fault, Not(HasSubstr("crossfade: stack overflow")));
}

TEST(FaultTest, ElsewhereGoesToTheHandlerThatWasThere) {
  EXPECT_EXIT(
      {
        handle_faults_by(exit_with_42);
        stage s({});
        s.run(s.fiber, [] { write_nowhere(); });
      },
      testing::ExitedWithCode(42), "");
}

TEST(FaultTest, AnOverflowGoesThereTooOnceItIsSaid) {
  EXPECT_EXIT(
      {
        handle_faults_by(exit_with_42);
        stage s({.stack_size = small});
        s.run(s.fiber, [] { fill_stack(1024, nothing); });
      },
      testing::ExitedWithCode(42), "stack overflow in task 2");
}

TEST(FaultTest, ASignalThatSomebodySendsEndsTheProgram) {
  EXPECT_EXIT(
      {
        stage s({});
        s.run(s.fiber, [] { raise(SIGSEGV); });
      },
      is_ended_by_fault, Not(HasSubstr("crossfade: stack overflow")));
}

TEST(FaultTest, HandlersAreOursWhileALoopRunsAndNoLonger) {
  const auto before = handler_in_force().sa_sigaction;
  stage s({});
  for (int i = 0; i < 3; ++i) {
    s.run(s.fiber, [&] { EXPECT_NE(handler_in_force().sa_sigaction, before); });
    EXPECT_EQ(handler_in_force().sa_sigaction, before);
  }
}

TEST(FaultTest, HandlersAreOursUntilTheLastLoopEnds) {
  const auto before = handler_in_force().sa_sigaction;
  stage s({});
  s.run(s.fiber, [&] {
    const auto ours = handler_in_force().sa_sigaction;
    EXPECT_NE(ours, before);
    await(to_thread([&] {
      stage other({});
      other.run(other.fiber, [&] { EXPECT_EQ(handler_in_force().sa_sigaction, ours); });
    }));
    EXPECT_EQ(handler_in_force().sa_sigaction, ours);
  });
  EXPECT_EQ(handler_in_force().sa_sigaction, before);
}

TEST(FaultTest, AHandlerThatCameLaterStays) {
  const struct sigaction before = handler_in_force();
  struct sigaction during {};
  stage s({});
  s.run(s.fiber, [&] {
    during = handler_in_force();
    handle_faults_by(exit_with_42);
  });
  EXPECT_EQ(handler_in_force().sa_handler, &exit_with_42);
  // It may call ours, which is not put over it then.
  s.run(s.fiber, [&] { EXPECT_EQ(handler_in_force().sa_handler, &exit_with_42); });
  sigaction(SIGSEGV, &during, nullptr);
  s.run(s.fiber, [] {});
  EXPECT_EQ(handler_in_force().sa_sigaction, before.sa_sigaction);
}

}  // namespace
}  // namespace crossfade
