#pragma once

#include "../harness.hpp"
#include "asio_common.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace crossfade::benchmarks {

/// Asio's coroutines, awaiting operations through `Token`.
template <class Token>
class basic_asio_awaitable {
 public:
  static constexpr bool deferred = std::is_same_v<Token, boost::asio::deferred_t>;
  static constexpr implementation who{deferred ? "asio_awaitable_deferred" : "asio_awaitable",
                                      part::peer, stack::none};

  using token = Token;
  using task = boost::asio::awaitable<void, asio_executor>;
  class lock;
  class event;
  class queue;

  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    for (std::size_t i = 0; i < count; ++i) {
      boost::asio::co_spawn(context_, worker(*this, i), boost::asio::detached);
    }
    context_.run();
  }

  auto yield() {
    if constexpr (deferred) {
      return boost::asio::post(context_, Token{});
    } else {
      return boost::asio::post(Token{});  // to the awaiting coroutine's executor: one hop less
    }
  }

  template <class Child>
  auto spawn(const Child& child) {
    struct started {
      basic_asio_awaitable& self;
      task callee;
      auto join() { return boost::asio::co_spawn(self.context_, std::move(callee), Token{}); }
    };
    return started{*this, child()};
  }

  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
};

using asio_awaitable = basic_asio_awaitable<boost::asio::use_awaitable_t<asio_executor>>;
using asio_awaitable_deferred = basic_asio_awaitable<boost::asio::deferred_t>;

template <class Token>
class basic_asio_awaitable<Token>::lock {
 public:
  explicit lock(basic_asio_awaitable& asio) : channel_(asio.context()) { release(0); }
  bool try_acquire() { return channel_.try_take().has_value(); }
  auto acquire(basic_asio_awaitable&) { return channel_.take(Token{}); }
  void release(int) { channel_.try_put(0); }

 private:
  asio_channel channel_;
};

template <class Token>
class basic_asio_awaitable<Token>::event {
 public:
  explicit event(basic_asio_awaitable& asio) : channel_(asio.context()) {}
  auto wait(basic_asio_awaitable&) { return channel_.take(Token{}); }
  void clear() {}  // what was taken is gone
  void set() { channel_.try_put(0); }

 private:
  asio_channel channel_;
};

template <class Token>
class basic_asio_awaitable<Token>::queue {
 public:
  explicit queue(basic_asio_awaitable& asio) : channel_(asio.context()) {}
  auto take(basic_asio_awaitable&) { return channel_.take(Token{}); }
  void put(int item) { channel_.try_put(item); }

 private:
  asio_channel channel_;
};

}  // namespace crossfade::benchmarks
