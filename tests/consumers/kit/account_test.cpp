// How somebody else tests what they wrote with us; test_kit/README.md shows it.

#include "compat/lock.hpp"
#include "compat/sleep.hpp"
#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

namespace xf = crossfade;
using namespace xf::test_kit;

// region subject
class account {
 public:
  xf::task<> deposit(int amount) {
    auto guard = co_await mutex_.acquire();
    const int before = balance_;
    co_await xf::sleep(1ms);  // writes to a database, say
    balance_ = before + amount;
    ++deposits_;
  }
  int balance() const { return balance_; }
  int deposits() const { return deposits_; }

 private:
  xf::lock mutex_;
  int balance_ = 0;
  int deposits_ = 0;
};
// endregion

// region cells
using AccountTest = cell_test;

TEST_P(AccountTest, AddsWhatIsDeposited) {
  account a;
  run([&]() -> xf::task<> {
    co_await a.deposit(1);
    co_await a.deposit(2);
  });
  EXPECT_EQ(a.balance(), 3);
  EXPECT_EQ(loop_.now(), xf::time_point(2ms));  // virtual: nobody has waited
}

INSTANTIATE_TEST_SUITE_P(Cells, AccountTest, cells(), cell_name);
// endregion

// region pairs
using SharedAccountTest = pair_test;

TEST_P(SharedAccountTest, LosesNoDepositWhoeverIsFirst) {
  account a;
  run([&](xf::task_group& group) {
    auto deposit = [&](int amount) { return a.deposit(amount); };
    this->a().spawn(group, deposit, 1);
    this->b().spawn(group, deposit, 2);
  });
  EXPECT_EQ(a.balance(), 3);
}

TEST_P(SharedAccountTest, StaysWholeWhereverADepositIsCancelled) {
  sweep(GetParam(), [](const auto& play) {
    account a;
    auto deposit = [&]() -> xf::task<> { co_await a.deposit(1); };
    play({.before = {deposit}, .victim = deposit, .after = {deposit}});
    EXPECT_EQ(a.balance(), a.deposits());
  });
}

INSTANTIATE_TEST_SUITE_P(Pairs, SharedAccountTest, cell_pairs(), pair_name);
// endregion
