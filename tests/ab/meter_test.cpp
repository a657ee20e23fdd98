#include "benchmarks/ab/detail/meter.hpp"

#include "compat/sleep.hpp"
#include "coro_backend/backend.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <thread>
#include <vector>

namespace crossfade::ab::detail {
namespace {

using namespace std::chrono_literals;

class MeterTest : public testing::Test {
 protected:
  void run(const std::function<task<>()>& body) { loop_.run(coro_, body); }
  /// The running task computes for so long, as far as the loop can tell.
  void keep_busy(duration length) { loop_.core().coarse_now += length; }

  loop loop_{{.virtual_time = true}};
  coro_backend::backend coro_{loop_};
};

TEST_F(MeterTest, AnIdleLoopIsNeverLate) {
  run([&]() -> task<> {
    const loop_delay measured(loop_);
    co_await sleep(10500us);
    EXPECT_EQ(measured.delays().count(), 10U);
    EXPECT_EQ(measured.delays().max(), 0ns);
  });
}

// One late time in place of the twenty would say that the loop is nearly always in time.
TEST_F(MeterTest, ABusyLoopIsLateForEachTimeThatItMisses) {
  run([&]() -> task<> {
    const loop_delay measured(loop_);
    keep_busy(20ms);
    co_await sleep(80500us);
    latency_histogram expected;
    for (duration late = 0ms; late <= 19ms; late += 1ms) expected.record(late);
    expected.record(0ms, 80);
    EXPECT_EQ(measured.delays().buckets(), expected.buckets());
    EXPECT_EQ(measured.delays().max(), 19ms);
  });
}

TEST_F(MeterTest, SaysWhatWasUsedUpSinceItWasMade) {
  run([&]() -> task<> {
    co_await sleep(1s);
    const meter used(loop_);
    co_await sleep(5ms);
    keep_busy(10ms);
    co_await sleep(1ms);
    for (int i = 0; i < 1000; ++i) operator delete(operator new(16));
    run_record found;
    used.stop(found);
    EXPECT_EQ(found.took, 16ms);
    EXPECT_GE(found.allocations, 1000U);
    EXPECT_LE(found.allocations, 1100U);
    EXPECT_EQ(found.loop_delay_max, 9ms);
    EXPECT_GT(found.resident_bytes, 0U);
  });
}

TEST_F(MeterTest, TimeOfTheProcessorGoesByWhileItComputes) {
  const usage before = usage::now();
  volatile unsigned work = 0;
  while (usage::now().cpu - before.cpu < 1ms) work = work + 1;
  EXPECT_GT(work, 0U);
}

TEST_F(MeterTest, OtherThreadsCountToo) {
  const usage before = usage::now();
  std::thread([] {
    std::this_thread::sleep_for(1us);
    std::this_thread::sleep_for(1us);
  }).join();
  EXPECT_GE(usage::now().context_switches, before.context_switches + 2);
}

TEST_F(MeterTest, MemoryThatIsTouchedIsResident) {
  constexpr std::size_t size = std::size_t{64} << 20;
  const std::uint64_t before = resident_bytes();
  const std::vector<char> touched(size, 1);
  EXPECT_GE(resident_bytes(), before + size / 2);
}

}  // namespace
}  // namespace crossfade::ab::detail
