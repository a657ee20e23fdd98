#include "compat/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/on_fiber.hpp"
#include "compat/spawn.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using TaskTest = cell_test;

struct not_std {
  int value;
};

TEST_P(TaskTest, GivesItsValue) {
  auto twice = [](int n) -> task<int> {
    co_await checkpoint();
    co_return 2 * n;
  };
  run([&]() -> task<> { EXPECT_EQ(co_await twice(21), 42); });
}

TEST_P(TaskTest, GivesAReferenceToTheSameObject) {
  int object = 1;
  auto refer = [&]() -> task<int&> {
    co_await checkpoint();
    co_return object;
  };
  run([&]() -> task<> { EXPECT_EQ(&co_await refer(), &object); });
}

TEST_P(TaskTest, GivesWhatOnlyMoves) {
  auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  run([&]() -> task<> {
    auto made = co_await make();
    EXPECT_EQ(*made, 7);
  });
}

TEST_P(TaskTest, GivesWhatHasNoDefault) {
  struct needs_argument {
    explicit needs_argument(int n) : value(n) {}
    int value;
  };
  auto make = []() -> task<needs_argument> { co_return needs_argument(3); };
  run([&]() -> task<> { EXPECT_EQ((co_await make()).value, 3); });
}

TEST_P(TaskTest, RunsOnlyWhenAwaited) {
  bool ran = false;
  auto body = [&]() -> task<> {
    ran = true;
    co_return;
  };
  run([&]() -> task<> {
    { auto never = body(); }
    EXPECT_FALSE(ran);
    co_await body();
    EXPECT_TRUE(ran);
  });
}

TEST_P(TaskTest, ArgumentsByReferenceLiveThroughTheAwait) {
  auto length = [](const std::string& text) -> task<std::size_t> {
    co_await checkpoint();
    co_return text.size();
  };
  run([&]() -> task<> { EXPECT_EQ(co_await length(std::string(100, 'x')), 100U); });
}

TEST_P(TaskTest, ThrowsWhatTheBodyThrowsWhateverItsType) {
  auto thrower = [](int what) -> task<int> {
    co_await checkpoint();
    switch (what) {
      case 0:
        throw 42;
      case 1:
        throw not_std{7};
      case 2:
        throw std::runtime_error("plain");
      default:
        throw std::make_unique<int>(5);
    }
  };
  run([&]() -> task<> {
    int caught = 0;
    for (int what = 0; what < 4; ++what) {
      try {
        co_await thrower(what);
      } catch (int n) {
        caught += n == 42;
      } catch (const not_std& n) {
        caught += n.value == 7;
      } catch (const std::runtime_error& e) {
        caught += std::string(e.what()) == "plain";
      } catch (const std::unique_ptr<int>& p) {
        caught += *p == 5;
      }
    }
    EXPECT_EQ(caught, 4);
  });
}

TEST_P(TaskTest, ExceptionsKeepTheirIdentityThroughEveryBridge) {
  const not_std* thrown = nullptr;
  auto innermost = [&]() -> task<> {
    co_await checkpoint();
    try {
      throw not_std{1};
    } catch (not_std& n) {
      thrown = &n;
      throw;
    }
  };
  auto blocking = [&] { await(innermost()); };
  auto portal = [&]() -> task<> { co_await on_fiber(blocking); };
  auto in_task = [&]() -> task<> {
    auto handle = spawn(portal);
    co_await handle.join();
  };
  auto outer_blocking = [&] { await(in_task()); };
  run([&]() -> task<> {
    const not_std* caught = nullptr;
    try {
      co_await on_fiber(outer_blocking);
    } catch (const not_std& n) {
      caught = &n;
    }
    EXPECT_NE(caught, nullptr);
    EXPECT_EQ(caught, thrown);
  });
}

TEST_P(TaskTest, UnwindsLocalsAsAPlainCallDoes) {
  std::string order;
  struct mark {
    ~mark() { order += name; }
    std::string& order;
    char name;
  };
  auto inner = [&]() -> task<> {
    const mark b{order, 'b'};
    const mark a{order, 'a'};
    co_await checkpoint();
    throw 1;
  };
  run([&]() -> task<> {
    const mark c{order, 'c'};
    try {
      co_await inner();
    } catch (int) {
      order += '!';
    }
  });
  EXPECT_EQ(order, "ab!c");
}

task<int> depth_of(int calls) {
  if (calls == 0) {
    co_await checkpoint();
    co_return 0;
  }
  co_return 1 + co_await depth_of(calls - 1);
}

TEST_P(TaskTest, NestsDeeply) {
  run([]() -> task<> { EXPECT_EQ(co_await depth_of(100), 100); });
}

constexpr int many = 1'000'000;

TEST_P(TaskTest, AMillionTasksThatEndAtOnceEatNoStack) {
  auto immediate = [](int n) -> task<int> { co_return n & 1; };
  auto nested = [&](int n) -> task<int> { co_return co_await immediate(n); };
  run([&]() -> task<> {
    int sum = 0;
    for (int i = 0; i < many; ++i) sum += co_await nested(i);
    EXPECT_EQ(sum, many / 2);
  });
}

TEST_P(TaskTest, AMillionOperationsThatAreReadyEatNoStack) {
  lock lock;
  event set;
  set.set();
  run([&]() -> task<> {
    for (int i = 0; i < many; ++i) {
      auto guard = co_await lock.acquire();
      co_await set.wait();
    }
  });
  EXPECT_FALSE(lock.is_held());
}

TEST_P(TaskTest, AMillionPortalsEatNoStack) {
  int calls = 0;
  auto call = [&] { ++calls; };
  run([&]() -> task<> {
    for (int i = 0; i < many; ++i) co_await on_fiber(call);
  });
  EXPECT_EQ(calls, many);
}

TEST_P(TaskTest, FramesAreGoneWhenTheirAwaitIsOver) {
  int alive = 0;
  struct counted {
    explicit counted(int& n) : count(n) { ++count; }
    ~counted() { --count; }
    int& count;
  };
  auto body = [&]() -> task<> {
    const counted here(alive);
    co_await checkpoint();
  };
  run([&]() -> task<> {
    for (int i = 0; i < 10; ++i) {
      co_await body();
      EXPECT_EQ(alive, 0);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, TaskTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
