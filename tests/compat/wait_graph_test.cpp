#include "compat/wait_graph.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <semaphore>
#include <string>
#include <vector>

#include "compat/detail/wait_cycles.hpp"
#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/loop.hpp"
#include "compat/on_fiber.hpp"
#include "compat/runtime.hpp"
#include "compat/spawn.hpp"
#include "compat/subsystem.hpp"
#include "compat/to_thread.hpp"
#include "compat/use_op.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// --- of a loop that lives ---

class WaitGraphTest : public cell_test {
 protected:
  // The line of a task in the text.
  std::string line_of(std::uint64_t id) {
    const std::string text = loop_.wait_graph().text();
    const std::size_t begin = text.find("\n  task " + std::to_string(id) + " ") + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
};

TEST_P(WaitGraphTest, SaysWhoHoldsTheLockSinceWhenAndWhereTheWaiterCameFrom) {
  runtime runtime(loop_, {backends_.fiber, backends_.coro},
                  [&](auto...) { return carrier().name(); });
  subsystem prices(runtime, "prices");
  lock lock;
  run([&]() -> task<> {
    auto guard = co_await lock.acquire();
    auto waiter =
        prices.spawn({.name = "waiter"}, [&]() -> task<> { auto mine = co_await lock.acquire(); });
    co_await sleep(3s);
    const std::string backend(carrier().name());
    EXPECT_THAT(line_of(waiter.id()),
                AllOf(HasSubstr("task 2 'waiter' (subsystem prices, " + backend +
                                ") has waited 3 s "
                                "for a lock held by task 1 'main' (" +
                                backend + "), spawned at "),
                      HasSubstr("wait_graph_test.cpp:"), HasSubstr(" by task 1")));
    const wait_graph graph = loop_.wait_graph();
    EXPECT_EQ(graph.find(waiter.id())->waited, 3s);
    EXPECT_THAT(graph.find(waiter.id())->held_by, ElementsAre(1));
    EXPECT_THAT(graph.cycles(), IsEmpty());
    guard.release();
    co_await waiter.join();
    EXPECT_EQ(loop_.wait_graph().find(waiter.id()), nullptr);
  });
}

TEST_P(WaitGraphTest, TellsTasksThatWaitFromThoseThatDoNot) {
  event go;
  run([&]() -> task<> {
    auto waiter = spawn([&]() -> task<> { co_await go.wait(); });
    auto fresh = spawn([] {});
    EXPECT_THAT(line_of(1), HasSubstr(") does not wait, "));  // it runs
    EXPECT_THAT(line_of(fresh.id()), HasSubstr(") does not wait, "));
    co_await settle();
    EXPECT_THAT(line_of(waiter.id()), HasSubstr(") waits for an event, "));
    go.set();
    EXPECT_THAT(line_of(waiter.id()), HasSubstr(") does not wait, "));  // it is ready
    co_await waiter.join();
    co_await fresh.join();
  });
}

TEST_P(WaitGraphTest, SaysHowLongASleepHasToGo) {
  run([&]() -> task<> {
    auto sleeper = spawn([]() -> task<> { co_await sleep(5s); });
    co_await sleep(1500ms);
    EXPECT_THAT(line_of(sleeper.id()), HasSubstr(" has waited 1.5 s for sleep, 3.5 s more, "));
    co_await sleeper.join();
  });
}

TEST_P(WaitGraphTest, SaysThatAThreadIsWaitedFor) {
  std::binary_semaphore done(0);
  run([&]() -> task<> {
    auto waiter = spawn([&]() -> task<> { co_await to_thread([&] { done.acquire(); }); });
    co_await settle();
    EXPECT_THAT(line_of(waiter.id()), HasSubstr(" waits for a thread, "));
    done.release();
    co_await waiter.join();
  });
}

TEST_P(WaitGraphTest, NamesTheAsioOperationAndSaysThatItsTaskWasCancelled) {
  namespace local = boost::asio::local;
  local::stream_protocol::socket here(loop_.io());
  local::stream_protocol::socket there(loop_.io());
  local::connect_pair(here, there);
  run([&]() -> task<> {
    auto reader = spawn([&]() -> task<> {
      char byte = 0;
      co_await here.async_receive(boost::asio::buffer(&byte, 1), use_op);
    });
    co_await settle();
    EXPECT_THAT(line_of(reader.id()), HasSubstr(" waits for I/O, async_receive, "));
    reader.cancel();
    EXPECT_THAT(line_of(reader.id()), HasSubstr(" was cancelled, waits for I/O, async_receive, "));
    co_await outcome_of([&]() -> task<> { co_await reader.join(); });
  });
}

TEST_P(WaitGraphTest, NamesTheWaitInsideAPortal) {
  event go;
  run([&]() -> task<> {
    auto waiter = spawn([&]() -> task<> {
      auto blocking = [&] { await(go.wait()); };
      co_await on_fiber(blocking);
    });
    co_await settle();
    const bool portal = !carrier().has_stack();
    EXPECT_THAT(line_of(waiter.id()),
                HasSubstr(portal ? " waits in a portal for an event, " : " waits for an event, "));
    go.set();
    co_await waiter.join();
  });
}

TEST_P(WaitGraphTest, NamesAWaitByBoostFibersOwnMeans) {
  boost::fibers::mutex mutex;
  boost::fibers::condition_variable changed;
  bool set = false;
  run([&]() -> task<> {
    auto waiter = spawn([&]() -> task<> {
      co_await sleep(1s);
      auto blocking = [&] {
        std::unique_lock held(mutex);
        changed.wait(held, [&] { return set; });
      };
      co_await on_fiber(blocking);
    });
    co_await sleep(3s);
    EXPECT_THAT(line_of(waiter.id()), HasSubstr(" for a Boost.Fiber primitive, "));
    EXPECT_EQ(loop_.wait_graph().find(waiter.id())->waited, 2s);
    set = true;
    changed.notify_all();
    co_await waiter.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Cells, WaitGraphTest, cells(), cell_name);

// --- of any tasks ---

task_info waiting(std::uint64_t id, std::vector<std::uint64_t> held_by) {
  return {.id = id,
          .parent_id = 0,
          .name = "",
          .subsystem = "",
          .backend = "coro",
          .waiting_for = "a lock",
          .waits = 1,
          .site = std::source_location::current(),
          .held_by = std::move(held_by)};
}

TEST(WaitGraphTextTest, SaysOfAHolderThatItHasEnded) {
  EXPECT_THAT(wait_graph({waiting(7, {3})}).text(),
              HasSubstr("task 7 (coro) waits for a lock held by task 3, which has ended, spawned"));
}

TEST(WaitGraphTextTest, OfVeryManyTasksListsTheFirst) {
  std::vector<task_info> tasks;
  for (std::uint64_t id = 1; id <= 1000; ++id) tasks.push_back(waiting(id, {}));
  const std::string text = wait_graph(tasks).text();
  EXPECT_THAT(text, testing::EndsWith("\n  and 800 tasks more"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 201);
}

TEST(WaitCyclesTest, AreFoundWhereverTheyHang) {
  using detail::find_cycles;
  EXPECT_THAT(find_cycles({}), IsEmpty());
  EXPECT_THAT(find_cycles({{1, {2}}, {2, {3}}, {3, {}}}), IsEmpty());
  EXPECT_THAT(find_cycles({{1, {9}}}), IsEmpty());  // 9 waits for nothing
  EXPECT_THAT(find_cycles({{1, {1}}}), ElementsAre(ElementsAre(1)));
  EXPECT_THAT(find_cycles({{1, {5}}, {5, {4}}, {4, {5}}}), ElementsAre(ElementsAre(4, 5)));
  EXPECT_THAT(find_cycles({{1, {2, 3}}, {2, {9}}, {3, {1}}}), ElementsAre(ElementsAre(1, 3)));
  EXPECT_THAT(find_cycles({{1, {2}}, {2, {1}}, {3, {4}}, {4, {3}}}),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
}

TEST(WaitCyclesTest, MayBeLongerThanAnyStack) {
  constexpr std::uint64_t many = 200'000;
  std::vector<detail::wait_node> nodes;
  for (std::uint64_t id = 1; id <= many; ++id) nodes.push_back({id, {id % many + 1}});
  const auto cycles = detail::find_cycles(nodes);
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_EQ(cycles.front().size(), many);
}

}  // namespace
}  // namespace crossfade
