#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

#include "test_kit/loop_test.hpp"
#include "test_kit/sweep.hpp"

// What is true of everything that tasks wait for in the words of gevent or asyncio, whichever cell
// they are in. Who includes this has its kinds tested.

namespace crossfade {
using namespace test_kit;

// A task waits for it by `wait`, the test gives the longest waiter, or all, what it waits for by
// `wake`. `hold` comes first.
struct primitive {
  primitive() = default;
  primitive(const primitive&) = delete;
  primitive& operator=(const primitive&) = delete;
  virtual ~primitive() = default;
  virtual task<> hold() { co_return; }
  virtual task<> wait() = 0;
  virtual void wake() = 0;
};

struct kind {
  const char* name;
  std::function<std::unique_ptr<primitive>()> make;
  friend void PrintTo(const kind& k, std::ostream* out) { *out << k.name; }
};

template <class P>
kind kind_of(const char* name) {
  return {name, [] { return std::make_unique<P>(); }};
}

class primitive_waits_test : public loop_test,
                             public testing::WithParamInterface<std::tuple<kind, cell_pair>> {
 protected:
  void waiters_of_any_cell_go_on_in_their_order() {
    play([this](task_group& group) -> task<> {
      spawn_waiter(group, first(), 'a');
      spawn_waiter(group, second(), 'b');
      co_await settle();
      EXPECT_EQ(log_, "");
      subject_->wake();
    });
    EXPECT_EQ(log_, "ab");
  }
  void cancelled_waiter_leaves_and_the_other_goes_on() {
    play([this](task_group& group) -> task<> {
      auto leaver = spawn_waiter(group, first(), 'a');
      spawn_waiter(group, second(), 'b');
      co_await settle();
      leaver.cancel();
      co_await settle();
      EXPECT_TRUE(leaver.done());
      EXPECT_EQ(log_, "");
      subject_->wake();
    });
    EXPECT_EQ(log_, "b");
  }

 private:
  // Plays `text(group)` with a primitive that is held.
  template <class Text>
  void play(Text text) {
    run([&](task_group& group) -> task<> {
      subject_ = std::get<0>(GetParam()).make();
      co_await subject_->hold();
      co_await text(group);
    });
    subject_.reset();
  }
  // Waits in a cell, and then adds `name` to the log.
  child<> spawn_waiter(task_group& group, cell where, char name) {
    return backends_.spawn(group, where, [this, name]() -> task<> {
      co_await subject_->wait();
      log_ += name;
    });
  }
  cell first() const { return std::get<1>(GetParam()).first; }
  cell second() const { return std::get<1>(GetParam()).second; }

  std::unique_ptr<primitive> subject_;
  std::string log_;
};

inline std::string kind_and_cells(const testing::TestParamInfo<std::tuple<kind, cell_pair>>& info) {
  const auto& [of, where] = info.param;
  return std::string(of.name) + "_" + where.first.name() + "_" + where.second.name();
}

inline void cut_short(cell_pair where, const scene& story) {
  cancel_at_every_wait(where, story);
  stop_at_every_turn(where, story);
}

}  // namespace crossfade
