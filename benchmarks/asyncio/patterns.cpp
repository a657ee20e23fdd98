// The patterns of patterns.py on coro_backend's face, and of what Asio offers on its own. Prints a
// line for each: name, ns per operation. "asio" as the argument: Asio's.

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "coro_backend/asyncio.hpp"

namespace crossfade::benchmarks {
namespace {

namespace asyncio = coro_backend;
namespace asio = boost::asio;

template <class Run>
void report(const char* name, std::size_t count, Run run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  std::printf("%s\t%.1f\n", name, took.count() / static_cast<double>(count));
  std::fflush(stdout);
}

// --- asyncio's face ---

task<> spawn_join(std::size_t count) {
  auto nothing = []() -> task<> { co_return; };
  for (std::size_t i = 0; i < count; ++i) {
    const auto made = asyncio::create_task(nothing);
    co_await made;
  }
}

task<> yields(std::size_t tasks, std::size_t count) {
  std::vector<asyncio::task<>> all;
  for (std::size_t i = 0; i < tasks; ++i) {
    all.push_back(asyncio::create_task(
        [](std::size_t n) -> task<> {
          for (; n > 0; --n) co_await asyncio::sleep(duration::zero());
        },
        count / tasks));
  }
  co_await asyncio::gather(std::move(all));
}

// Two tasks; each waits for its side, then wakes the other's.
template <class Wait, class Wake>
task<> turn_by_turn(std::size_t count, Wait wait, Wake wake) {
  auto text = [&](std::size_t side) -> task<> {
    for (std::size_t n = 0; n < count / 2; ++n) {
      co_await wait(side);
      wake(1 - side);
    }
  };
  const auto first = asyncio::create_task(text, std::size_t{0});
  const auto second = asyncio::create_task(text, std::size_t{1});
  wake(0);
  co_await asyncio::gather(first, second);
}

task<> event_wake(std::size_t count) {
  std::array<asyncio::event, 2> events;
  auto wait = [&](std::size_t side) -> task<> {
    co_await events[side].wait();
    events[side].clear();
  };
  auto wake = [&](std::size_t side) { events[side].set(); };
  co_await turn_by_turn(count, wait, wake);
}

task<> queue_hop(std::size_t count) {
  std::array<asyncio::queue<int>, 2> queues;
  auto wait = [&](std::size_t side) { return queues[side].get(); };
  auto wake = [&](std::size_t side) { queues[side].put_nowait(1); };
  co_await turn_by_turn(count, wait, wake);
}

task<> semaphore_hand_over(std::size_t count) {
  std::array<asyncio::semaphore, 2> permits{asyncio::semaphore(0), asyncio::semaphore(0)};
  auto wait = [&](std::size_t side) { return permits[side].acquire(); };
  auto wake = [&](std::size_t side) { permits[side].release(); };
  co_await turn_by_turn(count, wait, wake);
}

task<> timer_fires(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) co_await asyncio::sleep(std::chrono::nanoseconds(1));
}

task<> timeout_in_time(std::size_t count) {
  auto nothing = [] {};
  for (std::size_t i = 0; i < count; ++i) {
    asyncio::timeout limit(std::chrono::seconds(10));
    co_await asyncio::async_with(limit, nothing);
  }
}

void measure(const char* name, std::size_t count, task<> (*run)(std::size_t)) {
  asyncio::run([&]() -> task<> {
    const auto begin = std::chrono::steady_clock::now();
    co_await run(count);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    std::printf("%s\t%.1f\n", name, took.count() / static_cast<double>(count));
    std::fflush(stdout);
  });
}

void all_of_asyncio() {
  measure("spawn and join", 100'000, spawn_join);
  measure("sleep(0), 2 tasks", 400'000, [](std::size_t count) { return yields(2, count); });
  measure("sleep(0), 1000 tasks", 400'000, [](std::size_t count) { return yields(1000, count); });
  measure("event wake", 200'000, event_wake);
  measure("queue hop", 200'000, queue_hop);
  measure("semaphore hand-over", 200'000, semaphore_hand_over);
  measure("timer that fires", 50'000, timer_fires);
  measure("timeout that does not", 200'000, timeout_in_time);
}

// --- Asio, which has no such objects ---

void asio_yields(const char* name, std::size_t tasks, std::size_t count) {
  asio::io_context io(1);
  for (std::size_t i = 0; i < tasks; ++i) {
    auto text = [](std::size_t n) -> asio::awaitable<void> {
      const auto executor = co_await asio::this_coro::executor;
      for (; n > 0; --n) co_await asio::post(executor, asio::use_awaitable);
    };
    asio::co_spawn(io, text(count / tasks), asio::detached);
  }
  report(name, count, [&] { io.run(); });
}

void all_of_asio() {
  constexpr std::size_t spawns = 100'000;
  asio::io_context io(1);
  auto nothing = []() -> asio::awaitable<void> { co_return; };
  auto spawner = [&]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    for (std::size_t i = 0; i < spawns; ++i)
      co_await asio::co_spawn(executor, nothing(), asio::use_awaitable);
  };
  asio::co_spawn(io, spawner(), asio::detached);
  report("spawn and join", spawns, [&] { io.run(); });
  asio_yields("sleep(0), 2 tasks", 2, 400'000);
  asio_yields("sleep(0), 1000 tasks", 1000, 400'000);

  constexpr std::size_t timers = 50'000;
  asio::io_context timed(1);
  auto sleeper = []() -> asio::awaitable<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (std::size_t i = 0; i < timers; ++i) {
      timer.expires_after(std::chrono::nanoseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  asio::co_spawn(timed, sleeper(), asio::detached);
  report("timer that fires", timers, [&] { timed.run(); });
}

}  // namespace
}  // namespace crossfade::benchmarks

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "asio") {
    crossfade::benchmarks::all_of_asio();
  } else {
    crossfade::benchmarks::all_of_asyncio();
  }
}
