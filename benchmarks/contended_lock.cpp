#include "implementations/all.hpp"
#include "questions.hpp"

#include <cstddef>
#include <string>

// One operation: a task takes the lock that all tasks want, yields while it holds it, and gives it
// back.

namespace crossfade::benchmarks {
namespace {

template <class Implementation>
tally contended_lock(std::size_t tasks, std::size_t operations) {
  Implementation implementation;
  typename Implementation::lock lock{implementation};
  tally result;
  implementation.run(tasks, [&](auto& self, std::size_t i) {
    self.yield();  // the clock starts when all tasks exist and have run once
    if (i == 0) result.start();
    while (result.done() < operations) {
      auto held = lock.acquire(self);
      self.yield();
      result.count_one_of(operations);
      lock.release(held);
    }
  });
  return result;
}

template <coroutine_text Implementation>
tally contended_lock(std::size_t tasks, std::size_t operations) {
  Implementation implementation;
  typename Implementation::lock lock{implementation};
  tally result;
  implementation.run(tasks, [&](auto& self, std::size_t i) -> typename Implementation::task {
    co_await self.yield();
    if (i == 0) result.start();
    while (result.done() < operations) {
      auto held = co_await lock.acquire(self);
      co_await self.yield();
      result.count_one_of(operations);
      lock.release(held);
    }
  });
  return result;
}

}  // namespace

void add_contended_lock_rows(suite& rows) {
  for (const std::size_t tasks : {std::size_t{2}, std::size_t{100}}) {
    for_each_implementation([&]<class Implementation>() {
      rows.add("contended_lock/" + std::to_string(tasks) + "_tasks", Implementation::who,
               [tasks](std::size_t n) { return contended_lock<Implementation>(tasks, n); });
    });
  }
  for_ours_and_limits([&]<class Implementation>() {
    rows.add_growth("lock", Implementation::who, [](std::size_t tasks, std::size_t n) {
      return contended_lock<Implementation>(tasks, n);
    });
  });
}

}  // namespace crossfade::benchmarks
