#include "implementations/all.hpp"
#include "questions.hpp"

#include <array>
#include <cstddef>

// One operation: a task sets the event that the other waits for, and the other runs. Two tasks, two
// events, turn by turn.

namespace crossfade::benchmarks {
namespace {

template <class Implementation>
tally event_wake(std::size_t operations) {
  using event = typename Implementation::event;
  Implementation implementation;
  std::array events{event{implementation}, event{implementation}};
  tally result;
  const std::size_t laps = operations / 2;
  std::size_t ended = 0;
  implementation.run(2, [&](auto& self, std::size_t i) {
    self.yield();
    if (i == 0) {
      result.start();
      events[1].set();
    }
    for (std::size_t n = 0; n < laps; ++n) {
      events[i].wait(self);
      events[i].clear();
      result.count();
      events[1 - i].set();
    }
    if (++ended == 2) result.stop();
  });
  return result;
}

template <coroutine_text Implementation>
tally event_wake(std::size_t operations) {
  using event = typename Implementation::event;
  Implementation implementation;
  std::array events{event{implementation}, event{implementation}};
  tally result;
  const std::size_t laps = operations / 2;
  std::size_t ended = 0;
  implementation.run(2, [&](auto& self, std::size_t i) -> typename Implementation::task {
    co_await self.yield();
    if (i == 0) {
      result.start();
      events[1].set();
    }
    for (std::size_t n = 0; n < laps; ++n) {
      co_await events[i].wait(self);
      events[i].clear();
      result.count();
      events[1 - i].set();
    }
    if (++ended == 2) result.stop();
  });
  return result;
}

}  // namespace

void add_event_wake_rows(suite& rows) {
  for_each_implementation([&]<class Implementation>() {
    rows.add("event_wake/one_way", Implementation::who,
             [](std::size_t n) { return event_wake<Implementation>(n); });
  });
}

}  // namespace crossfade::benchmarks
