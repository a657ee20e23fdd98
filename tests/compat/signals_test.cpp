#include "compat/signals.hpp"

#include <csignal>

#include "compat/spawn.hpp"
#include "compat/timeout.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;

// In real time: a signal takes none of the virtual one.
class SignalsTest : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  SignalsTest() : loop_test({.virtual_time = false}) {}
};

TEST_P(SignalsTest, InterruptIsAnEventForWhoWaitsAndCancelsNobody) {
  backends_.run(GetParam(), [&]() -> task<> {
    signal_set interrupts(loop_, {SIGUSR1});
    auto bystander = spawn([]() -> task<> {
      co_await checkpoint();
      co_await checkpoint();
    });
    std::raise(SIGUSR1);
    EXPECT_EQ(co_await interrupts.wait(), SIGUSR1);
    co_await bystander.join();
  });
}

TEST_P(SignalsTest, CancelledWaiterLeavesTheSignalForTheNext) {
  backends_.run(GetParam(), [&]() -> task<> {
    signal_set interrupts(loop_, {SIGUSR1});
    auto leaver = spawn([&]() -> task<> { co_await interrupts.wait(); });
    co_await checkpoint();
    leaver.cancel();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await leaver.join(); }),
                testing::StartsWith("task_cancelled"));
    std::raise(SIGUSR1);
    EXPECT_EQ(co_await interrupts.wait(), SIGUSR1);
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, SignalsTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
