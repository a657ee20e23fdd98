#include "compat/use_op.hpp"

#include "test_kit/loop_test.hpp"

#include "compat/cancel_and_join.hpp"
#include "compat/detail/background_io.hpp"
#include "compat/detail/scheduler.hpp"
#include "compat/event.hpp"
#include "compat/shield.hpp"
#include "compat/spawn.hpp"
#include "compat/timeout.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace crossfade {
namespace {

using namespace test_kit;

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// An asynchronous operation that completes at once, inside of its initiation, with `values`.
template <class... R>
auto complete_at_once(R... values) {
  return asio::async_initiate<const use_op_t, void(R...)>(
      [](auto handler, R... given) { std::move(handler)(std::move(given)...); }, use_op,
      std::move(values)...);
}

/// One that completes through its handler's executor, as Asio's own do.
template <class... R>
auto complete_later(R... values) {
  return asio::async_initiate<const use_op_t, void(R...)>(
      [](auto handler, R... given) {
        const auto executor = asio::get_associated_executor(handler);
        asio::post(executor,
                   [h = std::move(handler), all = std::make_tuple(std::move(given)...)]() mutable {
                     std::apply(std::move(h), std::move(all));
                   });
      },
      use_op, std::move(values)...);
}

/// An operation that completes when the test says so, and cannot be stopped.
class held_op {
 public:
  auto wait() {
    return asio::async_initiate<const use_op_t, void(error_code, int)>(
        [this](auto handler) {
          complete_ = [h = std::make_shared<decltype(handler)>(std::move(handler))](int value) {
            std::move (*h)(error_code(), value);
          };
        },
        use_op);
  }
  void complete(int value) { complete_(value); }

 private:
  std::function<void(int)> complete_;
};

/// Completes an operation at the last moment: while the loop looks whether anything is left that
/// could wake a task.
class completes_while_the_loop_looks final : public detail::background_io {
 public:
  explicit completes_while_the_loop_looks(held_op& op) noexcept : op_(&op) {}
  void pause() override {
    if (op_ != nullptr) std::exchange(op_, nullptr)->complete(7);
  }
  void resume() override {}

 private:
  held_op* op_;
};

using UseOpTest = cell_test;

TEST_P(UseOpTest, GivesWhatTheOperationCompletesWithLessItsError) {
  run([]() -> task<> {
    co_await complete_later<>();
    static_assert(std::is_void_v<decltype(await(complete_later(error_code())))>);
    co_await complete_later(error_code());
    EXPECT_EQ(co_await complete_later(7), 7);
    EXPECT_EQ(co_await complete_later(error_code(), std::string("text")), "text");
    EXPECT_EQ(co_await complete_later(error_code(), 7, std::string("text")),
              std::tuple(7, std::string("text")));
    co_await complete_later(std::exception_ptr());
    EXPECT_EQ(co_await complete_later(std::exception_ptr(), 7), 7);
    EXPECT_EQ(*co_await complete_later(error_code(), std::make_unique<int>(7)), 7);  // moves only
  });
}

TEST_P(UseOpTest, ThrowsWhatTheOperationFailsWith) {
  run([]() -> task<> {
    const error_code refused = asio::error::connection_refused;
    try {
      co_await complete_later(refused, 7);
      ADD_FAILURE();
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), refused);
    }
    try {
      co_await complete_later(std::make_exception_ptr(42));
      ADD_FAILURE();
    } catch (int thrown) {
      EXPECT_EQ(thrown, 42);
    }
  });
}

TEST_P(UseOpTest, TakesACompletionInsideOfTheInitiation) {
  run([]() -> task<> {
    co_await complete_at_once<>();
    EXPECT_EQ(co_await complete_at_once(error_code(), 7), 7);
    EXPECT_THROW(co_await complete_at_once(error_code(asio::error::eof)), system_error);
  });
}

TEST_P(UseOpTest, ThrowsWhatTheInitiationThrows) {
  run([]() -> task<> {
    auto throws = [] {
      return asio::async_initiate<const use_op_t, void()>(
          [](auto) { throw std::runtime_error("not begun"); }, use_op);
    };
    EXPECT_EQ(co_await outcome_of([&]() -> task<> { co_await throws(); }), "exception: not begun");
    co_await checkpoint();  // the task is as before
  });
}

TEST_P(UseOpTest, WorksBelowOtherTokens) {
  run([this]() -> task<> {
    asio::steady_timer timer(loop_.io(), asio::steady_timer::time_point::min());
    const auto [code] = co_await timer.async_wait(asio::as_tuple(use_op));
    EXPECT_FALSE(code);
    use_op_t::as_default_on_t<asio::steady_timer> defaulted(loop_.io(),
                                                            asio::steady_timer::time_point::min());
    co_await defaulted.async_wait();
  });
}

TEST_P(UseOpTest, OthersRunWhileItWaits) {
  run([this]() -> task<> {
    asio::steady_timer timer(loop_.io(), asio::steady_timer::time_point::max());
    event waiting;
    auto ender = spawn([&]() -> task<> {
      co_await waiting.wait();
      timer.cancel();
    });
    waiting.set();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await timer.async_wait(use_op); }),
                StartsWith("exception: Operation canceled"))
        << "an operation that somebody else ended is no cancellation";
    co_await ender.join();
  });
}

TEST_P(UseOpTest, CancellationStopsTheOperation) {
  asio::steady_timer timer(loop_.io(), asio::steady_timer::time_point::max());
  run([&]() -> task<> {
    auto waiter = spawn([&]() -> task<> { co_await timer.async_wait(use_op); });
    co_await settle();
    waiter.cancel("enough");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await waiter.join(); }),
                AllOf(StartsWith("task_cancelled: "), HasSubstr("enough")));
    EXPECT_EQ(timer.cancel(), 0U) << "nobody waits any more";
  });
}

TEST_P(UseOpTest, CancelledTaskDoesNotBeginAnOperation) {
  bool begun = false;
  run([&]() -> task<> {
    event go_on;
    auto waiter = spawn([&]() -> task<> {
      auto shielded = [&]() -> task<> { co_await go_on.wait(); };
      co_await shield(shielded);
      co_await asio::async_initiate<const use_op_t, void()>(
          [&](auto handler) {
            begun = true;
            std::move(handler)();
          },
          use_op);
    });
    co_await settle();
    waiter.cancel();
    go_on.set();
    co_await outcome_of([&]() -> task<> { co_await waiter.join(); });
  });
  EXPECT_FALSE(begun);
}

TEST_P(UseOpTest, TimeoutStopsTheOperation) {
  run([this]() -> task<> {
    asio::steady_timer timer(loop_.io(), asio::steady_timer::time_point::max());
    auto wait = [&]() -> task<> { co_await timer.async_wait(use_op); };
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await with_timeout(1s, wait); }),
                StartsWith("timeout_error: "));
  });
}

TEST_P(UseOpTest, CompletionWinsOverACancellationThatComesBehindIt) {
  run([]() -> task<> {
    held_op op;
    std::string order;
    auto waiter = spawn([&]() -> task<> {
      order += std::to_string(co_await op.wait());
      co_await checkpoint();
      order += "not reached";
    });
    co_await settle();
    op.complete(7);
    waiter.cancel("too late for the result");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await waiter.join(); }),
                HasSubstr("too late for the result"));
    EXPECT_EQ(order, "7");
  });
}

TEST_P(UseOpTest, OperationThatCannotBeStoppedDeliversItsResultFirst) {
  run([]() -> task<> {
    held_op op;
    std::string order;
    auto waiter = spawn([&]() -> task<> {
      order += std::to_string(co_await op.wait());
      co_await checkpoint();
      order += "not reached";
    });
    co_await settle();
    waiter.cancel("before the result");
    co_await settle();
    EXPECT_FALSE(waiter.done());
    op.complete(7);
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await waiter.join(); }),
                HasSubstr("before the result"));
    EXPECT_EQ(order, "7");
  });
}

TEST_P(UseOpTest, CompletionWhileTheLoopLooksForWorkWakesItsWaiter) {
  run([this]() -> task<> {
    held_op op;
    completes_while_the_loop_looks last_moment(op);
    asio::steady_timer never(loop_.io(), asio::steady_timer::time_point::max());
    auto other = spawn([&]() -> task<> { co_await never.async_wait(use_op); });
    co_await settle();
    detail::this_scheduler->background = &last_moment;
    EXPECT_EQ(co_await op.wait(), 7);  // and does not sleep until the other I/O comes
    detail::this_scheduler->background = nullptr;
    EXPECT_TRUE((co_await cancel_and_join(1s, other)).empty());
  });
}

TEST_P(UseOpTest, CompletesOnTheLoopsThreadWhereverTheObjectLives) {
  asio::io_context elsewhere;
  auto work = asio::make_work_guard(elsewhere);
  std::thread other([&] { elsewhere.run(); });
  run([&]() -> task<> {
    const auto here = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i) {
      asio::steady_timer timer(elsewhere, asio::steady_timer::time_point::min());
      co_await timer.async_wait(use_op);
      EXPECT_EQ(std::this_thread::get_id(), here);
    }
  });
  work.reset();
  other.join();
}

TEST_P(UseOpTest, SocketsTalkAndCancelledReadsLoseNothing) {
  run([this]() -> task<> {
    tcp::acceptor acceptor(loop_.io(), {asio::ip::address_v4::loopback(), 0});
    tcp::socket client(loop_.io());
    auto connecting = spawn(
        [&]() -> task<> { co_await client.async_connect(acceptor.local_endpoint(), use_op); });
    tcp::socket server = co_await acceptor.async_accept(use_op);
    co_await connecting.join();

    char byte = 0;
    auto reader = spawn([&]() -> task<std::size_t> {
      co_return co_await server.async_read_some(asio::buffer(&byte, 1), use_op);
    });
    co_await settle();
    reader.cancel();
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await reader.join(); }),
                StartsWith("task_cancelled: "));

    const std::string sent(1 << 20, 'x');
    auto writing = spawn([&]() -> task<> {
      co_await asio::async_write(client, asio::buffer(sent), use_op);
      client.close();
    });
    std::string got;
    EXPECT_THAT(co_await outcome_of([&]() -> task<> {
                  co_await asio::async_read(server, asio::dynamic_buffer(got), use_op);
                }),
                StartsWith("exception: End of file"));
    EXPECT_EQ(got, sent);
    co_await writing.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, UseOpTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade
