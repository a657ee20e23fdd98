#include "implementations/all.hpp"
#include "questions.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>

// One operation: a task starts an empty task and waits for its end; then the next.
//
// `named_with_result`: the child has a name and gives a value, which is what ours are made for.

namespace crossfade::benchmarks {
namespace {

template <class Implementation>
tally spawn_join(std::size_t operations) {
  Implementation implementation;
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) {
    const auto child = [&] { result.count(); };
    self.spawn(child).join();  // stacks and frames are recycled from here on
    result.start();
    for (std::size_t n = 0; n < operations; ++n) self.spawn(child).join();
    result.stop();
  });
  return result;
}

template <coroutine_text Implementation>
tally spawn_join(std::size_t operations) {
  using task = typename Implementation::task;
  Implementation implementation;
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) -> task {
    const auto child = [&]() -> task {
      result.count();
      co_return;
    };
    co_await self.spawn(child).join();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) co_await self.spawn(child).join();
    result.stop();
  });
  return result;
}

spawn_options named() { return {.name = "refresh"}; }

tally crossfade_fiber_spawns(std::size_t operations) {
  crossfade_fiber implementation;
  tally result;
  std::size_t sum = 0;
  implementation.run(1, [&](crossfade_fiber&, std::size_t) {
    const auto child = [&] {
      result.count();
      return std::size_t{1};
    };
    sum += await(spawn(named(), child).join());
    result.start();
    for (std::size_t n = 0; n < operations; ++n) sum += await(spawn(named(), child).join());
    result.stop();
  });
  benchmark::DoNotOptimize(sum);
  return result;
}

tally crossfade_coro_spawns(std::size_t operations) {
  crossfade_coro implementation;
  tally result;
  std::size_t sum = 0;
  implementation.run(1, [&](crossfade_coro&, std::size_t) -> task<> {
    const auto child = [&]() -> task<std::size_t> {
      result.count();
      co_return 1;
    };
    sum += co_await spawn(named(), child).join();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) sum += co_await spawn(named(), child).join();
    result.stop();
  });
  benchmark::DoNotOptimize(sum);
  return result;
}

}  // namespace

void add_spawn_join_rows(suite& rows) {
  const auto add = [&]<class Implementation>() {
    rows.add("spawn_join/empty_task", Implementation::who,
             [](std::size_t n) { return spawn_join<Implementation>(n); });
  };
  for_each_implementation(add);
  add.
  operator()<boost_fiber_dispatch>();  // skips the queue: the child runs before its spawner goes on

  rows.add("spawn_join/named_with_result", crossfade_fiber::who, crossfade_fiber_spawns);
  rows.add("spawn_join/named_with_result", crossfade_coro::who, crossfade_coro_spawns);
}

}  // namespace crossfade::benchmarks
