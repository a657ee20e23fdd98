#include "implementations/all.hpp"
#include "questions.hpp"

#include <array>
#include <cstddef>

// One operation: a task puts an item into the queue that the other waits at, and the other takes
// it. Two tasks, two queues, turn by turn; the item is passed back increased by one, so a lost or
// stale one shows in the count.

namespace crossfade::benchmarks {
namespace {

template <class Implementation>
tally queue_hop(std::size_t operations) {
  using queue = typename Implementation::queue;
  Implementation implementation;
  std::array queues{queue{implementation}, queue{implementation}};
  tally result;
  const std::size_t laps = operations / 2;
  std::size_t ended = 0;
  implementation.run(2, [&](auto& self, std::size_t i) {
    self.yield();
    int expected = static_cast<int>(i);
    if (i == 0) {
      result.start();
      queues[0].put(0);
    }
    for (std::size_t n = 0; n < laps; ++n, expected += 2) {
      const int item = queues[i].take(self);
      if (item == expected) result.count();
      queues[1 - i].put(item + 1);
    }
    if (++ended == 2) result.stop();
  });
  return result;
}

template <coroutine_text Implementation>
tally queue_hop(std::size_t operations) {
  using queue = typename Implementation::queue;
  Implementation implementation;
  std::array queues{queue{implementation}, queue{implementation}};
  tally result;
  const std::size_t laps = operations / 2;
  std::size_t ended = 0;
  implementation.run(2, [&](auto& self, std::size_t i) -> typename Implementation::task {
    co_await self.yield();
    int expected = static_cast<int>(i);
    if (i == 0) {
      result.start();
      queues[0].put(0);
    }
    for (std::size_t n = 0; n < laps; ++n, expected += 2) {
      const int item = co_await queues[i].take(self);
      if (item == expected) result.count();
      queues[1 - i].put(item + 1);
    }
    if (++ended == 2) result.stop();
  });
  return result;
}

}  // namespace

void add_queue_hop_rows(suite& rows) {
  for_each_implementation([&]<class Implementation>() {
    rows.add("queue_hop/one_way", Implementation::who,
             [](std::size_t n) { return queue_hop<Implementation>(n); });
  });
}

}  // namespace crossfade::benchmarks
