#include "test_kit/sweep.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "compat/loop.hpp"
#include "compat/sleep.hpp"

namespace crossfade::test_kit {

namespace {

enum class blow : std::uint8_t { cancels_victim, ends_loop };

// Lets everything that is ready run once, or else the next timer ring. False: there is neither.
task<bool> pass_turn() {
  const detail::scheduler& sched = *detail::this_scheduler;
  if (!sched.ready.empty()) {
    co_await checkpoint();
  } else if (const detail::timer* next = sched.timers.earliest()) {
    co_await sleep_until(next->due);
  } else {
    co_return false;
  }
  co_return true;
}

// True: the victim had ended before the blow fell.
bool play_once(cell_pair where, const cast& tasks, blow falls, unsigned turns) {
  loop loop({.virtual_time = true,
             .on_error = [](const task_report& what) { ADD_FAILURE() << what.message(); }});
  both_backends backends(loop);
  bool survived = false;
  loop.run(backends.coro, [&]() -> task<> {
    std::optional<child<>> victim;
    auto stage = [&](task_group& group) {
      for (const cast::text& t : tasks.before) backends.spawn(group, where.second, t);
      victim.emplace(backends.spawn(group, where.first, tasks.victim));
      for (const cast::text& t : tasks.after) backends.spawn(group, where.second, t);
    };
    auto playing = spawn([&]() -> task<> { co_await with_task_group(stage); });
    co_await checkpoint();
    for (unsigned t = 0; t < turns && !victim->done(); ++t) {
      if (!co_await pass_turn()) break;
    }
    survived = victim->done();
    if (falls == blow::ends_loop) {
      playing.detach();
      co_return;
    }
    victim->cancel();
    co_await playing.join();
  });
  return survived;
}

}  // namespace

void cancel_everywhere(cell_pair where,
                       const std::function<void(const std::function<void(cast)>& play)>& scene) {
  constexpr unsigned most_turns = 1000;
  for (blow falls : {blow::cancels_victim, blow::ends_loop}) {
    bool survived = false;
    for (unsigned turns = 0; !survived; ++turns) {
      SCOPED_TRACE((falls == blow::ends_loop ? "the loop ended after " : "cancelled after ") +
                   std::to_string(turns) + " turns");
      scene([&](const cast& tasks) { survived = play_once(where, tasks, falls, turns); });
      if (testing::Test::HasFailure()) return;
      ASSERT_LT(turns, most_turns) << "the victim does not end";
    }
  }
}

}  // namespace crossfade::test_kit
