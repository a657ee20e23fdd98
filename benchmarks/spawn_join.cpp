#include "implementations/all.hpp"
#include "questions.hpp"

#include <cstddef>

// One operation: a task starts an empty task and waits for its end; then the next.

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

}  // namespace

void add_spawn_join_rows(suite& rows) {
  const auto add = [&]<class Implementation>() {
    rows.add("spawn_join/empty_task", Implementation::who,
             [](std::size_t n) { return spawn_join<Implementation>(n); });
  };
  for_each_implementation(add);
  add.
  operator()<boost_fiber_dispatch>();  // skips the queue: the child runs before its spawner goes on
}

}  // namespace crossfade::benchmarks
