#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/experimental/basic_channel.hpp>
#include <boost/asio/experimental/channel_traits.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace crossfade::benchmarks {

// The io_context's own executor type throughout: any_io_executor would add a quarter.
using asio_executor = boost::asio::io_context::executor_type;

/// A channel of one item: Asio's only means to wait for another task, and faster than a timer
/// cancelled to wake.
class asio_channel {
 public:
  explicit asio_channel(boost::asio::io_context& context) : channel_(context, 1) {}

  bool try_put(int item) { return channel_.try_send(boost::system::error_code{}, item); }
  std::optional<int> try_take() {
    std::optional<int> result;
    channel_.try_receive([&](boost::system::error_code, int item) { result = item; });
    return result;
  }
  template <class Token>
  auto take(Token&& token) {
    return channel_.async_receive(std::forward<Token>(token));
  }

 private:
  boost::asio::experimental::basic_channel<asio_executor,
                                           boost::asio::experimental::channel_traits<>,
                                           void(boost::system::error_code, int)>
      channel_;
};

using asio_yield = boost::asio::basic_yield_context<asio_executor>;

/// Calls start(done) and waits until it has called done(exception).
///
/// Asio 1.81 crashes if a yield_context is given the null exception that says a task went well.
template <class Token, class Start>
auto asio_wait(Start start, Token&& token) {
  return boost::asio::async_initiate<Token, void()>(
      [start](auto handler) {
        start([handler = std::move(handler)](const std::exception_ptr&) mutable {
          std::move(handler)();
        });
      },
      token);
}

/// Runs function() on a stack of its own and waits for its end.
template <class Function, class Token>
auto asio_spawn_join(boost::asio::io_context& context,
                     boost::context::pooled_fixedsize_stack& stacks, const Function& function,
                     Token&& token) {
  return boost::asio::async_initiate<Token, void()>(
      [&](auto handler) {
        boost::asio::spawn(
            context, std::allocator_arg, stacks, [&function](const asio_yield&) { function(); },
            // Called on the ending task's stack: to go on here would keep that stack, and the next
            // on top of it.
            [&context, handler = std::move(handler)](const std::exception_ptr&) mutable {
              boost::asio::post(context, std::move(handler));
            });
      },
      token);
}

/// A timeout around what the holder does: armed when made, disarmed when it goes.
class asio_timeout {
 public:
  asio_timeout(boost::asio::io_context& context, std::chrono::nanoseconds timeout)
      : timer_(context, timeout) {
    timer_.async_wait([](boost::system::error_code) {});
  }

 private:
  boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, asio_executor>
      timer_;
};

}  // namespace crossfade::benchmarks
