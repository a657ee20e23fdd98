#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compat/barrier.hpp"
#include "compat/condition.hpp"
#include "compat/event.hpp"
#include "compat/keyed_lock.hpp"
#include "compat/latch.hpp"
#include "compat/lock.hpp"
#include "compat/queue.hpp"
#include "compat/reentrant_lock.hpp"
#include "compat/semaphore.hpp"
#include "test_kit/loop_test.hpp"

// What is true of everything that tasks wait for, of whatever kind.

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::HasSubstr;

// One primitive. A task waits for it by `wait`, which logs a name once it has what it waited for.
// The test, having called `hold`, gives the longest waiter, or all, what they wait for by `wake`.
class primitive {
 public:
  // `name`: as a report calls it.
  explicit primitive(const char* name) : name_(name) {}
  primitive(const primitive&) = delete;
  primitive& operator=(const primitive&) = delete;
  virtual ~primitive() = default;

  const char* name() const { return name_; }
  virtual void hold() {}
  // Called once all who shall be woken wait.
  virtual void prepare_to_wake() {}
  virtual task<> wait(std::string& log, char name) = 0;
  virtual void wake() = 0;

 private:
  const char* name_;
};

// What is acquired and given back.
template <class Lock, class... Key>
class acquired : public primitive {
 public:
  explicit acquired(const char* name, auto... arguments) : primitive(name), lock_(arguments...) {}
  void hold() override { held_ = lock_.try_acquire(Key{}...); }
  task<> wait(std::string& log, char name) override {
    auto mine = co_await lock_.acquire(Key{}...);
    log += name;
    co_await checkpoint();
  }
  void wake() override { held_.reset(); }

 private:
  Lock lock_;
  decltype(lock_.try_acquire(Key{}...)) held_;
};

class awaited_event : public primitive {
 public:
  awaited_event() : primitive("an event") {}
  task<> wait(std::string& log, char name) override {
    co_await event_.wait();
    log += name;
  }
  void wake() override { event_.set(); }

 private:
  event event_;
};

class awaited_latch : public primitive {
 public:
  awaited_latch() : primitive("a latch") {}
  task<> wait(std::string& log, char name) override {
    co_await latch_.wait();
    log += name;
  }
  void wake() override {
    if (!latch_.is_open()) latch_.count_down();
  }

 private:
  latch latch_{1};
};

class awaited_condition : public primitive {
 public:
  awaited_condition() : primitive("a condition") {}
  task<> wait(std::string& log, char name) override {
    auto guard = co_await lock_.acquire();
    co_await condition_.wait();
    log += name;
  }
  void prepare_to_wake() override { held_ = lock_.try_acquire(); }
  void wake() override {
    if (!held_) return;
    condition_.notify_all();
    held_.reset();
  }

 private:
  lock lock_;
  condition condition_{lock_};
  std::optional<lock::guard> held_;
};

class awaited_item : public primitive {
 public:
  awaited_item() : primitive("an item of a queue") {}
  task<> wait(std::string& log, char name) override {
    co_await queue_.get();
    log += name;
  }
  void wake() override { queue_.try_put(0); }

 private:
  queue<int> queue_;
};

class awaited_room : public primitive {
 public:
  awaited_room() : primitive("room in a queue") {}
  void hold() override { queue_.try_put(0); }
  task<> wait(std::string& log, char name) override {
    co_await queue_.put(0);
    log += name;
  }
  void wake() override { queue_.try_get(); }

 private:
  queue<int> queue_{1};
};

std::vector<std::unique_ptr<primitive>> all_primitives() {
  std::vector<std::unique_ptr<primitive>> all;
  all.push_back(std::make_unique<acquired<lock>>("a lock"));
  all.push_back(std::make_unique<acquired<reentrant_lock>>("a reentrant lock"));
  all.push_back(std::make_unique<acquired<keyed_lock<int>, int>>("a key of a keyed lock"));
  all.push_back(std::make_unique<acquired<semaphore>>("a semaphore", 1U));
  all.push_back(std::make_unique<awaited_event>());
  all.push_back(std::make_unique<awaited_latch>());
  all.push_back(std::make_unique<awaited_condition>());
  all.push_back(std::make_unique<awaited_item>());
  all.push_back(std::make_unique<awaited_room>());
  return all;
}

class PrimitivesTest : public pair_test {
 protected:
  // Plays `scene(group, primitive)` with each primitive, held by the task that plays it.
  template <class Scene>
  void for_each_primitive(Scene scene) {
    for (const auto& subject : all_primitives()) {
      SCOPED_TRACE(subject->name());
      log_.clear();
      run([&](task_group& group) -> task<> {
        subject->hold();
        co_await scene(group, *subject);
      });
    }
  }
  auto waiter(primitive& subject) {
    return [this, &subject](char name) { return subject.wait(log_, name); };
  }

  std::string log_;
};

// Cancel races with completion: the wake-up of who leaves goes to the next (anyio's lock, semaphore
// and limiter lost it).
TEST_P(PrimitivesTest, CancelledJustBeforeItIsWokenLeavesTheWakeUpToTheNext) {
  for_each_primitive([&](task_group& group, primitive& subject) -> task<> {
    auto first = a().spawn(group, waiter(subject), '1');
    b().spawn(group, waiter(subject), '2');
    co_await settle();
    subject.prepare_to_wake();
    first.cancel();
    subject.wake();
    co_await settle();
    EXPECT_EQ(log_, "2");
  });
}

TEST_P(PrimitivesTest, CancelledJustAfterItIsWokenHasWhatItWaitedForAndLosesNothing) {
  for_each_primitive([&](task_group& group, primitive& subject) -> task<> {
    auto first = a().spawn(group, waiter(subject), '1');
    b().spawn(group, waiter(subject), '2');
    co_await settle();
    subject.prepare_to_wake();
    subject.wake();
    first.cancel();
    co_await settle();
    subject.wake();
    co_await settle();
    EXPECT_EQ(log_, "12");
  });
}

// Unlock runs the next waiter inline (cppcoro): the waiter finds the releaser's work half done, and
// a chain of them eats the stack.
TEST_P(PrimitivesTest, WakingNeverRunsTheWaiterBeforeTheWakerWaits) {
  for_each_primitive([&](task_group& group, primitive& subject) -> task<> {
    a().spawn(group, waiter(subject), 'a');
    b().spawn(group, waiter(subject), 'b');
    co_await settle();
    subject.prepare_to_wake();
    subject.wake();
    subject.wake();
    log_ += '.';
    co_await settle();
    EXPECT_EQ(log_, ".ab");
  });
}

// Locks that the two worlds do not share (eventlet), or that stop the thread when they are held
// across a wait.
TEST_P(PrimitivesTest, HeldAcrossAWaitStopsOnlyWhoWaitsForIt) {
  for_each_primitive([&](task_group& group, primitive& subject) -> task<> {
    a().spawn(group, waiter(subject), 'a');
    b().spawn(group, [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        co_await sleep(1ms);
        log_ += '.';
      }
    });
    co_await sleep(5ms);
    EXPECT_EQ(log_, "...");
    subject.prepare_to_wake();
    subject.wake();
    co_await settle();
    EXPECT_EQ(log_, "...a");
  });
}

TEST_P(PrimitivesTest, ReportsNameWhatATaskWaitsFor) {
  for_each_primitive([&](task_group& group, primitive& subject) -> task<> {
    auto waiting = a().spawn(group, waiter(subject), 'a');
    co_await settle();
    std::string found;
    for (const task_info& task : loop_.tasks()) {
      if (task.id == waiting.id()) found = task.waiting_for;
    }
    EXPECT_EQ(found, subject.name());
    subject.prepare_to_wake();
    subject.wake();
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, PrimitivesTest, cell_pairs(), pair_name);

// What needs but one look.
class PrimitivesUseTest : public loop_test {
 protected:
  // Says how the run ends in which "keeper" has run `keep`, which never ends, and the main task
  // runs `wait`.
  template <class Keep, class Wait>
  std::string deadlock_of(Keep keep, Wait wait) {
    try {
      loop_.run(backends_.coro, [&]() -> task<> {
        auto keeper = spawn({.name = "keeper"}, keep);
        keeper_ = "held by task " + std::to_string(keeper.id());
        co_await checkpoint();
        co_await wait();
      });
    } catch (const deadlock& d) {
      return d.what();
    }
    return "no deadlock";
  }
  // The test is over when this is: the program ends.
  void destroy_with_waiter(std::unique_ptr<primitive> subject) {
    loop_.run(backends_.coro, [&]() -> task<> {
      subject->hold();
      std::string log;
      auto waiting = [&]() -> task<> { co_await subject->wait(log, 'w'); };
      auto waiter = spawn({.name = "forgotten"}, waiting);
      co_await checkpoint();
      subject.reset();
    });
  }

  event never_;
  std::string keeper_;
};

TEST_F(PrimitivesUseTest, DeadlockNamesWhoHoldsALock) {
  lock lock;
  const std::string graph = deadlock_of(
      [&]() -> task<> {
        auto guard = co_await lock.acquire();
        co_await never_.wait();
      },
      [&]() -> task<> { auto mine = co_await lock.acquire(); });
  EXPECT_THAT(graph, AllOf(HasSubstr("a lock"), HasSubstr(keeper_)));
}

TEST_F(PrimitivesUseTest, DeadlockNamesWhoHoldsAReentrantLock) {
  reentrant_lock lock;
  const std::string graph = deadlock_of(
      [&]() -> task<> {
        auto guard = co_await lock.acquire();
        co_await never_.wait();
      },
      [&]() -> task<> { auto mine = co_await lock.acquire(); });
  EXPECT_THAT(graph, AllOf(HasSubstr("a reentrant lock"), HasSubstr(keeper_)));
}

TEST_F(PrimitivesUseTest, DeadlockNamesWhoHoldsAKey) {
  keyed_lock<std::string> locks;
  const std::string graph = deadlock_of(
      [&]() -> task<> {
        auto guard = co_await locks.acquire("key");
        co_await never_.wait();
      },
      [&]() -> task<> { auto mine = co_await locks.acquire("key"); });
  EXPECT_THAT(graph, AllOf(HasSubstr("a key of a keyed lock"), HasSubstr(keeper_)));
}

TEST_F(PrimitivesUseTest, DeadlockNamesWhoKeepsANotifiedWaiterFromItsLock) {
  lock lock;
  condition changed(lock);
  event waits;
  const std::string graph = deadlock_of(
      [&]() -> task<> {
        co_await waits.wait();
        auto guard = co_await lock.acquire();
        changed.notify_one();
        co_await never_.wait();
      },
      [&]() -> task<> {
        auto guard = co_await lock.acquire();
        waits.set();
        co_await changed.wait();
      });
  EXPECT_THAT(graph, AllOf(HasSubstr("a condition"), HasSubstr(keeper_)));
}

TEST_F(PrimitivesUseTest, DestroyedWithAWaiterEndsTheProgram) {
  for (auto& subject : all_primitives()) {
    SCOPED_TRACE(subject->name());
    EXPECT_DEATH(destroy_with_waiter(std::move(subject)), "crossfade: .* is destroyed while .*: ");
  }
}

TEST_F(PrimitivesUseTest, DestroyedWithAWaiterNamesItAndWhatToDo) {
  EXPECT_DEATH(destroy_with_waiter(std::make_unique<awaited_event>()),
               "crossfade: an event is destroyed while task .* 'forgotten' .* waits for it, "
               "spawned at .*primitives_test.cpp:.*: cancel and join its waiters first");
}

TEST_F(PrimitivesUseTest, DestroyedWhileHeldNamesWhoHoldsItAndWhatToDo) {
  std::optional<lock> held(std::in_place);
  EXPECT_DEATH(loop_.run(backends_.coro,
                         [&] {
                           const auto guard = held->try_acquire();
                           held.reset();
                         }),
               "crossfade: a lock is destroyed while task .* 'main' .*, spawned at .* holds it: "
               "declare it before its guards");
}

TEST_F(PrimitivesUseTest, GuardThatGoesInAnotherTaskIsAsserted) {
  lock lock;
  std::optional<lock::guard> passed;
  loop_.run(backends_.coro, [&]() -> task<> {
    passed = lock.try_acquire();
    auto elsewhere = [&] {
      EXPECT_DEBUG_DEATH(passed.reset(), "a guard stays with the task that acquired it");
    };
    co_await spawn(elsewhere).join();
    passed.reset();
  });
  EXPECT_FALSE(lock.is_held());
}

TEST_F(PrimitivesUseTest, SemaphoreDestroyedBeforeItsPermitsEndsTheProgram) {
  std::optional<semaphore> permits(std::in_place, 2);
  const auto permit = permits->try_acquire();
  EXPECT_DEATH(permits.reset(), "crossfade: a semaphore is destroyed while 1 of its permits .*");
}

}  // namespace
}  // namespace crossfade
