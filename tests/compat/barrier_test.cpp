#include "compat/barrier.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "compat/errors.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::ElementsAre;
using testing::Pair;

class BarrierTest : public pair_test {
 protected:
  // Waits once at the barrier and notes its place, or why it was sent away.
  auto party(barrier& barrier) {
    return [this, &barrier](char name) -> task<> {
      try {
        const std::size_t came = co_await barrier.wait();
        places_.emplace_back(name, came);
      } catch (const broken_barrier& b) {
        sent_away_ += name;
        why_ = b.what();
      }
    };
  }

  std::vector<std::pair<char, std::size_t>> places_;
  std::string sent_away_;
  std::string why_;
};

TEST_P(BarrierTest, LetsAllGoWhenTheLastComesWhoGoesFirst) {
  barrier barrier(3);
  run([&](task_group& group) -> task<> {
    a().spawn(group, party(barrier), '1');
    b().spawn(group, party(barrier), '2');
    co_await settle();
    EXPECT_THAT(places_, ElementsAre());
    EXPECT_EQ(barrier.waiting(), 2U);
    a().spawn(group, party(barrier), '3');
  });
  EXPECT_THAT(places_, ElementsAre(Pair('3', 2), Pair('1', 0), Pair('2', 1)));
  EXPECT_EQ(barrier.waiting(), 0U);
}

TEST_P(BarrierTest, WhoComesAgainBeforeTheOthersHaveRunIsInTheNextRound) {
  barrier barrier(2);
  std::string order;
  auto runner = [&](char name) -> task<> {
    for (int round = 0; round < 3; ++round) {
      order += static_cast<char>('0' + co_await barrier.wait());
      order += name;
      order += ' ';
    }
  };
  run([&](task_group& group) {
    a().spawn(group, runner, 'a');
    b().spawn(group, runner, 'b');
  });
  EXPECT_EQ(order, "1b 0a 1a 0b 1b 0a ");
}

TEST_P(BarrierTest, OfOnePartyNeverWaits) {
  barrier barrier(1);
  std::string order;
  run([&](task_group& group) {
    a().spawn(group, [&]() -> task<> {
      EXPECT_EQ(co_await barrier.wait(), 0U);
      order += 'a';
    });
    b().spawn(group, [&]() -> task<> {
      order += 'b';
      co_return;
    });
  });
  EXPECT_EQ(order, "ab");
}

TEST_P(BarrierTest, OfNoPartiesIsRefused) { EXPECT_THROW(barrier(0), usage_error); }

TEST_P(BarrierTest, CancelledWaiterLeavesAndThoseBehindItMoveUp) {
  barrier barrier(3);
  run([&](task_group& group) -> task<> {
    auto leaver = a().spawn(group, party(barrier), '1');
    b().spawn(group, party(barrier), '2');
    co_await settle();
    leaver.cancel();
    co_await settle();
    EXPECT_EQ(barrier.waiting(), 1U);
    EXPECT_FALSE(barrier.is_broken());
    a().spawn(group, party(barrier), '3');
    co_await settle();
    EXPECT_THAT(places_, ElementsAre());
    b().spawn(group, party(barrier), '4');
  });
  EXPECT_THAT(places_, ElementsAre(Pair('4', 2), Pair('2', 0), Pair('3', 1)));
}

TEST_P(BarrierTest, WokenWaiterIsCancelledOnlyAtItsNextWait) {
  barrier barrier(2);
  std::string order;
  run([&](task_group& group) -> task<> {
    auto first = a().spawn(group, [&]() -> task<> {
      co_await barrier.wait();
      order += 'a';
      co_await checkpoint();
      order += '!';
    });
    co_await settle();
    EXPECT_EQ(co_await barrier.wait(), 1U);
    first.cancel();
  });
  EXPECT_EQ(order, "a");
}

TEST_P(BarrierTest, AbortSendsAwayWhoWaitsAndWhoComesUntilItIsReset) {
  barrier barrier(2);
  run([&](task_group& group) -> task<> {
    a().spawn(group, party(barrier), '1');
    co_await settle();
    barrier.abort();
    EXPECT_TRUE(barrier.is_broken());
    EXPECT_EQ(barrier.waiting(), 0U);
    co_await settle();
    EXPECT_EQ(why_, "wait: the barrier was aborted");
    b().spawn(group, party(barrier), '2');
    co_await settle();
    EXPECT_EQ(why_, "wait: the barrier is broken; reset it first");
    EXPECT_EQ(sent_away_, "12");
    barrier.reset();
    EXPECT_FALSE(barrier.is_broken());
    a().spawn(group, party(barrier), '3');
    b().spawn(group, party(barrier), '4');
  });
  EXPECT_EQ(sent_away_, "12");
  EXPECT_THAT(places_, ElementsAre(Pair('4', 1), Pair('3', 0)));
}

TEST_P(BarrierTest, ResetSendsAwayWhoWaitsAndBeginsAnew) {
  barrier barrier(2);
  run([&](task_group& group) -> task<> {
    a().spawn(group, party(barrier), '1');
    co_await settle();
    barrier.reset();
    b().spawn(group, party(barrier), '2');
    a().spawn(group, party(barrier), '3');
  });
  EXPECT_EQ(sent_away_, "1");
  EXPECT_EQ(why_, "wait: the barrier was reset before all had come");
  EXPECT_THAT(places_, ElementsAre(Pair('3', 1), Pair('2', 0)));
}

TEST_P(BarrierTest, WhoWasWokenGoesOnThoughItIsAbortedBeforeItsTurn) {
  barrier barrier(2);
  run([&](task_group& group) -> task<> {
    a().spawn(group, party(barrier), '1');
    co_await settle();
    co_await barrier.wait();
    barrier.abort();
  });
  EXPECT_THAT(places_, ElementsAre(Pair('1', 0)));
  EXPECT_EQ(sent_away_, "");
}

// Three tasks that meet twice; after a while somebody aborts, so that none waits for one who does
// not come.
void two_rounds(const std::function<void(const cast&)>& play) {
  barrier barrier(3);
  std::array<std::vector<std::size_t>, 2> places;
  auto party = [&]() -> task<> {
    for (auto& round : places) {
      try {
        round.push_back(co_await barrier.wait());
      } catch (const broken_barrier&) {
        co_return;
      }
      co_await sleep(1ms);
    }
  };
  auto janitor = [&]() -> task<> {
    co_await sleep(5ms);
    barrier.abort();
  };
  play({.before = {party}, .victim = party, .after = {party, janitor}});
  EXPECT_EQ(barrier.waiting(), 0U);
  for (auto& round : places) {  // all or none
    std::sort(round.begin(), round.end());
    EXPECT_THAT(round, testing::AnyOf(ElementsAre(), ElementsAre(0, 1, 2)));
  }
}

TEST_P(BarrierTest, AllGoOnOrNoneWhereverAPartyIsCancelled) { sweep(GetParam(), two_rounds); }

INSTANTIATE_TEST_SUITE_P(Hosts, BarrierTest, cell_pairs(), pair_name);

}  // namespace
}  // namespace crossfade
