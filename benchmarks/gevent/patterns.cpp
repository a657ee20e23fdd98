// The patterns of patterns.py on fiber_backend's face. Prints a line for each: name, ns per
// operation.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "compat/loop.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/gevent.hpp"

namespace crossfade::benchmarks {
namespace {

namespace gevent = fiber_backend;

void spawn_join(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) await(gevent::spawn([] { return 0; }).join());
}

void yields(std::size_t tasks, std::size_t count) {
  std::vector<gevent::any_greenlet> all;
  for (std::size_t i = 0; i < tasks; ++i) {
    all.push_back(gevent::spawn([&] {
      for (std::size_t n = 0; n < count / tasks; ++n) await(gevent::sleep());
    }));
  }
  await(gevent::joinall(all));
}

// Two greenlets; each waits for its side, then wakes the other's.
template <class Wait, class Wake>
void turn_by_turn(std::size_t count, Wait wait, Wake wake) {
  std::vector<gevent::any_greenlet> both;
  for (const std::size_t side : {0U, 1U}) {
    both.push_back(gevent::spawn([&, side] {
      for (std::size_t n = 0; n < count / 2; ++n) {
        wait(side);
        wake(1 - side);
      }
    }));
  }
  wake(0);
  await(gevent::joinall(both));
}

void event_wake(std::size_t count) {
  std::array<gevent::event, 2> events;
  turn_by_turn(
      count,
      [&](std::size_t side) {
        await(events[side].wait());
        events[side].clear();
      },
      [&](std::size_t side) { events[side].set(); });
}

void queue_hop(std::size_t count) {
  std::array<gevent::queue<int>, 2> queues;
  turn_by_turn(
      count, [&](std::size_t side) { await(queues[side].get()); },
      [&](std::size_t side) { await(queues[side].put(1)); });
}

void semaphore_hand_over(std::size_t count) {
  std::array<gevent::semaphore, 2> permits{gevent::semaphore(0), gevent::semaphore(0)};
  turn_by_turn(
      count, [&](std::size_t side) { await(permits[side].acquire()); },
      [&](std::size_t side) { permits[side].release(); });
}

void timer_fires(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) await(gevent::sleep(std::chrono::nanoseconds(1)));
}

void timeout_in_time(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    gevent::timeout limit(std::chrono::seconds(10));
    await(limit.with([] {}));
  }
}

void measure(const char* name, std::size_t count, void (*run)(std::size_t)) {
  loop loop;
  gevent::backend fiber(loop);
  loop.run(fiber, [&] {
    const auto begin = std::chrono::steady_clock::now();
    run(count);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    std::printf("%s\t%.1f\n", name, took.count() / static_cast<double>(count));
    std::fflush(stdout);
  });
}

}  // namespace
}  // namespace crossfade::benchmarks

int main() {
  using namespace crossfade::benchmarks;
  measure("spawn and join", 100'000, spawn_join);
  measure("sleep(0), 2 greenlets", 400'000, [](std::size_t count) { yields(2, count); });
  measure("sleep(0), 1000 greenlets", 400'000, [](std::size_t count) { yields(1000, count); });
  measure("event wake", 200'000, event_wake);
  measure("queue hop", 200'000, queue_hop);
  measure("semaphore hand-over", 200'000, semaphore_hand_over);
  measure("timer that fires", 50'000, timer_fires);
  measure("timeout that does not", 200'000, timeout_in_time);
}
