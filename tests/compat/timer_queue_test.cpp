#include "compat/detail/timer_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace crossfade::detail {
namespace {

struct numbered : timer {
  explicit numbered(int n) : timer([](timer&) noexcept {}), number(n) {}
  int number;
};

time_point at(int nanoseconds) { return time_point(duration(nanoseconds)); }

std::vector<int> drain(timer_queue& queue) {
  std::vector<int> order;
  while (timer* t = queue.earliest()) {
    queue.cancel(*t);
    order.push_back(static_cast<numbered*>(t)->number);
  }
  return order;
}

TEST(TimerQueueTest, IsEmptyAtFirst) { EXPECT_EQ(timer_queue().earliest(), nullptr); }

TEST(TimerQueueTest, GivesEqualDeadlinesInTheOrderArmed) {
  timer_queue queue;
  std::deque<numbered> timers;
  for (int i = 0; i < 100; ++i) queue.arm(timers.emplace_back(i), at(i % 2));
  std::vector<int> expected;
  for (int i = 0; i < 100; i += 2) expected.push_back(i);
  for (int i = 1; i < 100; i += 2) expected.push_back(i);
  EXPECT_EQ(drain(queue), expected);
}

TEST(TimerQueueTest, CancellingWhatIsNotArmedDoesNothing) {
  timer_queue queue;
  numbered timer(0);
  queue.cancel(timer);
  queue.arm(timer, at(1));
  queue.cancel(timer);
  queue.cancel(timer);
  EXPECT_FALSE(timer.armed);
  EXPECT_EQ(queue.earliest(), nullptr);
}

TEST(TimerQueueTest, TimerMayBeArmedAgain) {
  timer_queue queue;
  numbered first(1);
  numbered second(2);
  queue.arm(first, at(1));
  queue.arm(second, at(2));
  queue.cancel(first);
  queue.arm(first, at(3));
  EXPECT_THAT(drain(queue), testing::ElementsAre(2, 1));
}

// Against a list that is sorted: any sequence of arming, cancelling and taking the earliest.
TEST(TimerQueueTest, AgreesWithASortedListUnderRandomUse) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    timer_queue queue;
    std::deque<numbered> timers;
    std::vector<numbered*> model;  // in the order armed
    const auto earliest = [&] {
      return std::min_element(model.begin(), model.end(),
                              [](auto* a, auto* b) { return a->due < b->due; });
    };
    for (int step = 0; step < 500; ++step) {
      const unsigned choice = static_cast<unsigned>(random()) % 4;
      if (choice < 2 || model.empty()) {
        numbered& t = timers.emplace_back(step);
        queue.arm(t, at(static_cast<int>(random() % 50)));
        model.push_back(&t);
      } else if (choice == 2) {
        const auto victim = model.begin() + static_cast<std::ptrdiff_t>(random() % model.size());
        queue.cancel(**victim);
        model.erase(victim);
      } else {
        const auto first = earliest();
        ASSERT_EQ(queue.earliest(), *first);
        queue.cancel(**first);
        model.erase(first);
      }
    }
    std::vector<int> expected;
    while (!model.empty()) {
      expected.push_back((*earliest())->number);
      model.erase(earliest());
    }
    EXPECT_EQ(drain(queue), expected);
  }
}

}  // namespace
}  // namespace crossfade::detail
