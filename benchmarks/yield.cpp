#include "implementations/all.hpp"
#include "questions.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

// One operation: a task goes to the end of the ready queue, and comes back when each other task has
// run once.
//
// With one call site the processor predicts every return; real code waits in many places. `8_sites`
// gives each task its own chain of three calls and waits at its end.
//
// After a switch of stacks each return to a frame from before it is mispredicted. So there a second
// limit stands beside the first, which jumps in the site itself: the same scheduler behind one real
// call, as that of a library is.

namespace crossfade::benchmarks {
namespace {

constexpr std::size_t sites = 8;

template <class Implementation>
tally yield(std::size_t tasks, std::size_t operations) {
  Implementation implementation;
  tally result;
  const std::size_t laps = operations / tasks;
  implementation.run(tasks, [&](auto& self, std::size_t i) {
    self.yield();  // the clock starts when all tasks exist and have run once
    if (i == 0) result.start();
    for (std::size_t n = 0; n < laps; ++n) {
      result.count();
      self.yield();
    }
    if (i == 0) result.stop();  // before any task ends
  });
  return result;
}

template <coroutine_text Implementation>
tally yield(std::size_t tasks, std::size_t operations) {
  Implementation implementation;
  tally result;
  const std::size_t laps = operations / tasks;
  implementation.run(tasks, [&](auto& self, std::size_t i) -> typename Implementation::task {
    co_await self.yield();
    if (i == 0) result.start();
    for (std::size_t n = 0; n < laps; ++n) {
      result.count();
      co_await self.yield();
    }
    if (i == 0) result.stop();
  });
  return result;
}

// The use of Site keeps the compiler from merging the chains, and the work after the call from tail
// calls.
template <std::size_t Site>
void use(std::size_t value) {
  benchmark::DoNotOptimize(value += Site);
}

template <std::size_t Site, class Self>
[[gnu::noinline]] void third(Self& self, std::size_t value) {
  self.yield();
  use<Site>(value);
}

template <std::size_t Site, class Self>
[[gnu::noinline]] void second(Self& self, std::size_t value) {
  third<Site>(self, value);
  use<Site>(value);
}

template <std::size_t Site, class Self>
[[gnu::noinline]] void first(Self& self, std::size_t value) {
  second<Site>(self, value);
  use<Site>(value);
}

class limit_fiber_called : public limit_fiber {
 public:
  static constexpr implementation who{"limit_fiber_called", part::primitive, stack::own};

  // The worker is given the base.
  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    limit_fiber::run(count, [&](limit_fiber&, std::size_t i) { worker(*this, i); });
  }
  [[gnu::noinline]] void yield() { limit_fiber::yield(); }
};

template <class Implementation>
tally yield_at_sites(std::size_t operations) {
  Implementation implementation;
  tally result;
  const std::size_t laps = operations / sites;
  std::size_t ended = 0;
  implementation.run(sites, [&]<class Self>(Self& self, std::size_t i) {
    constexpr auto chains = []<std::size_t... Site>(std::index_sequence<Site...>) {
      return std::array{&first<Site, Self>...};
    }(std::make_index_sequence<sites>{});
    self.yield();
    if (i == 0) result.start();
    for (std::size_t n = 0; n < laps; ++n) {
      chains[i](self, n);
      result.count();
    }
    if (++ended == sites) result.stop();
  });
  return result;
}

template <std::size_t Site, class Task, class Self>
Task third_coroutine(Self& self, std::size_t value) {
  co_await self.yield();
  use<Site>(value);
}

template <std::size_t Site, class Task, class Self>
Task second_coroutine(Self& self, std::size_t value) {
  co_await third_coroutine<Site, Task>(self, value);
  use<Site>(value);
}

template <std::size_t Site, class Task, class Self>
Task first_coroutine(Self& self, std::size_t value) {
  co_await second_coroutine<Site, Task>(self, value);
  use<Site>(value);
}

template <coroutine_text Implementation>
tally yield_at_sites(std::size_t operations) {
  Implementation implementation;
  tally result;
  const std::size_t laps = operations / sites;
  std::size_t ended = 0;
  using task = typename Implementation::task;
  implementation.run(sites, [&]<class Self>(Self& self, std::size_t i) -> task {
    constexpr auto chains = []<std::size_t... Site>(std::index_sequence<Site...>) {
      return std::array{&first_coroutine<Site, task, Self>...};
    }(std::make_index_sequence<sites>{});
    co_await self.yield();
    if (i == 0) result.start();
    for (std::size_t n = 0; n < laps; ++n) {
      co_await chains[i](self, n);
      result.count();
    }
    if (++ended == sites) result.stop();
  });
  return result;
}

// Every second task is a coroutine, the others are fibers; all of them in the one ready queue.
constexpr implementation mixed{"crossfade_mixed", part::ours, stack::own};

tally yield_mixed(std::size_t tasks, std::size_t operations) {
  loop loop;
  fiber_backend::backend fibers(loop);
  coro_backend::backend coroutines(loop);
  tally result;
  const std::size_t laps = operations / tasks;
  const auto blocking = [&](bool first) {
    await(checkpoint());
    if (first) result.start();
    for (std::size_t n = 0; n < laps; ++n) {
      result.count();
      await(checkpoint());
    }
    if (first) result.stop();
  };
  const auto coroutine = [&]() -> task<> {
    co_await checkpoint();
    for (std::size_t n = 0; n < laps; ++n) {
      result.count();
      co_await checkpoint();
    }
  };
  const auto spawn_all = [&](task_group& workers) {
    for (std::size_t i = 0; i < tasks; ++i) {
      if (i % 2 == 0) {
        workers.on(fibers).spawn(blocking, i == 0);
      } else {
        workers.on(coroutines).spawn(coroutine);
      }
    }
  };
  loop.run(fibers, [&] { await(with_task_group(spawn_all)); });
  return result;
}

}  // namespace

void add_yield_rows(suite& rows) {
  for (const std::size_t tasks : {std::size_t{2}, std::size_t{1000}}) {
    for_each_implementation([&]<class Implementation>() {
      rows.add("yield/" + std::to_string(tasks) + "_tasks", Implementation::who,
               [tasks](std::size_t n) { return yield<Implementation>(tasks, n); });
    });
    rows.add("yield/" + std::to_string(tasks) + "_tasks", mixed,
             [tasks](std::size_t n) { return yield_mixed(tasks, n); });
  }
  for_each_implementation([&]<class Implementation>() {
    rows.add("yield/8_sites", Implementation::who,
             [](std::size_t n) { return yield_at_sites<Implementation>(n); });
  });
  rows.add("yield/8_sites", limit_fiber_called::who, yield_at_sites<limit_fiber_called>);
  for_ours_and_limits([&]<class Implementation>() {
    rows.add_growth("yield", Implementation::who, [](std::size_t tasks, std::size_t n) {
      return yield<Implementation>(tasks, n);
    });
  });
}

}  // namespace crossfade::benchmarks
