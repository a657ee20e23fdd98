#include "test_kit/sweep.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

#include "compat/loop.hpp"
#include "compat/sleep.hpp"
#include "test_kit/hang_watch.hpp"
#include "test_kit/leak_check.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade::test_kit {

namespace {

constexpr const char* seed_variable = "CROSSFADE_SEED";

enum class blow : std::uint8_t { cancels_victim, ends_loop };

// A loop with its backends. To make one takes longer than most plays, so one house sees many.
struct house {
  house()
      : owner({.virtual_time = true,
               .on_error = [](const task_report& what) { ADD_FAILURE() << what.message(); }}),
        backends(owner) {}
  loop owner;
  both_backends backends;
};

// The tasks of one play.
class stage {
 public:
  stage(house& in, hang_watch& watch, cell_pair where, const cast& tasks)
      : house_(in), watch_(watch), where_(where), tasks_(tasks) {}

  // Runs `body()`. What it throws is a failure here, where the trace still tells how it came.
  template <class Body>
  void run(Body&& body) {
    try {
      const hang_watch::run watched(watch_, house_.owner);
      house_.owner.run(house_.backends.coro, body);
    } catch (...) {
      ADD_FAILURE() << outcome(std::current_exception());
    }
  }

  // Plays until all have ended.
  task<> play() {
    auto enter = [this](task_group& group) {
      both_backends& on = house_.backends;
      for (const cast::text& t : tasks_.before) on.spawn(group, where_.second, t);
      if (tasks_.victim) victim_.emplace(on.spawn(group, where_.first, tasks_.victim));
      for (const cast::text& t : tasks_.after) on.spawn(group, where_.second, t);
    };
    co_await with_task_group(enter);
  }
  void require_victim() const {
    if (!tasks_.victim) throw usage_error("a cast without a victim: only random_orders needs none");
  }
  bool has_victim() const noexcept { return victim_.has_value(); }
  child<>& victim() { return *victim_; }

 private:
  house& house_;
  hang_watch& watch_;
  cell_pair where_;
  const cast& tasks_;
  std::optional<child<>> victim_;
};

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

// Plays until `falls_after(turns)`, of the turns passed so far, says that the blow falls, or the
// victim has ended. True: it had.
template <class FallsAfter>
bool play_until(stage& stage, blow falls, FallsAfter falls_after) {
  stage.require_victim();
  bool survived = false;
  stage.run([&]() -> task<> {
    auto playing = spawn([&] { return stage.play(); });
    while (!stage.has_victim()) co_await checkpoint();  // in a random order it takes its time
    for (unsigned turns = 0; !falls_after(turns) && !stage.victim().done(); ++turns) {
      if (!co_await pass_turn()) break;
    }
    survived = stage.victim().done();
    if (falls == blow::ends_loop) {
      playing.detach();
      co_return;
    }
    stage.victim().cancel();
    co_await playing.join();
  });
  return survived;
}

void strike_at_every_turn(cell_pair where, const scene& story, blow falls) {
  constexpr unsigned most_turns = 1000;
  const leak_check leaks;
  hang_watch watch;
  bool survived = false;
  for (unsigned limit = 0; !survived; ++limit) {
    SCOPED_TRACE((falls == blow::ends_loop ? "the loop ended after " : "cancelled after ") +
                 std::to_string(limit) + " turns");
    story([&](const cast& tasks) {
      house house;  // one each time: it is destroyed where it stands
      stage stage(house, watch, where, tasks);
      survived = play_until(stage, falls, [=](unsigned turns) { return turns == limit; });
    });
    if (testing::Test::HasFailure()) return;
    ASSERT_LT(limit, most_turns) << "the victim does not end";
  }
}

std::optional<std::uint64_t> seed_to_replay() {
  const char* text = std::getenv(seed_variable);
  if (text == nullptr) return {};
  return std::stoull(text);
}

// `play(stage, seed)`, on a stage where this seed decides the order.
template <class Play>
void play_in_order_of(std::uint64_t seed, house& house, hang_watch& watch, cell_pair where,
                      const scene& story, Play play) {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  SCOPED_TRACE("in the random order of seed " + std::to_string(seed) +
               "; to play this one alone: " + seed_variable + "=" + std::to_string(seed) +
               " PROGRAM --gtest_filter=" + test.test_suite_name() + "." + test.name());
  story([&](const cast& tasks) {
    house.owner.reorder(seed);
    stage stage(house, watch, where, tasks);
    play(stage, seed);
  });
}

template <class Play>
void play_in_random_orders(unsigned count, cell_pair where, const scene& story, Play play) {
  const leak_check leaks;
  hang_watch watch;
  house house;
  if (const auto seed = seed_to_replay()) {
    play_in_order_of(*seed, house, watch, where, story, play);
    return;
  }
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    play_in_order_of(seed, house, watch, where, story, play);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace

void cancel_at_every_wait(cell_pair where, const scene& story) {
  strike_at_every_turn(where, story, blow::cancels_victim);
}

void stop_at_every_turn(cell_pair where, const scene& story) {
  strike_at_every_turn(where, story, blow::ends_loop);
}

unsigned default_orders() noexcept {
#if defined(__SANITIZE_THREAD__)
  return 50;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return 50;
#endif
#endif
  return 1000;
}

void random_orders(cell_pair where, const scene& story, unsigned count) {
  play_in_random_orders(count, where, story, [](stage& stage, std::uint64_t /*seed*/) {
    stage.run([&] { return stage.play(); });
  });
}

void random_cancellations(cell_pair where, const scene& story, unsigned count) {
  play_in_random_orders(count, where, story, [](stage& stage, std::uint64_t seed) {
    std::mt19937_64 random(~seed);
    play_until(stage, blow::cancels_victim, [&](unsigned) { return random() % 8 == 0; });
  });
}

void sweep(cell_pair where, const scene& story) {
  if (!seed_to_replay()) {
    cancel_at_every_wait(where, story);
    stop_at_every_turn(where, story);
  }
  random_orders(where, story);
  random_cancellations(where, story);
}

}  // namespace crossfade::test_kit
