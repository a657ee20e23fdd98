#include "implementations/all.hpp"
#include "questions.hpp"

#include "compat/use_op.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <utility>

// One operation: a byte goes from one end of a pair of sockets to the other, and another comes
// back. One task stands at each end: one writes and reads, the other reads and writes.
//
// The sockets are local ones, of which the kernel has least to do: of TCP's a round trip takes
// several times as long, and what is asked here would not show.
//
// The limit is the four system calls that move the bytes, without a loop.

namespace crossfade::benchmarks {
namespace {

constexpr std::size_t round_trips = 10'000;  // system calls take long

using pair_protocol = boost::asio::local::stream_protocol;
using pair_socket = boost::asio::basic_stream_socket<pair_protocol, asio_executor>;

// One end, with room for the byte.
class pair_end {
 public:
  explicit pair_end(boost::asio::io_context& context) : socket_(context) {}

  pair_socket& socket() { return socket_; }

  template <class Token>
  auto write(Token&& token) {
    return socket_.async_write_some(boost::asio::buffer(byte_), std::forward<Token>(token));
  }
  template <class Token>
  auto read(Token&& token) {
    return socket_.async_read_some(boost::asio::buffer(byte_), std::forward<Token>(token));
  }

  void write_now() { socket_.write_some(boost::asio::buffer(byte_)); }
  void read_now() { socket_.read_some(boost::asio::buffer(byte_)); }

 private:
  pair_socket socket_;
  std::array<char, 1> byte_{'x'};
};

struct connected_pair {
  explicit connected_pair(boost::asio::io_context& context)
      : near(context), far(context), idle(context), silent(context) {
    boost::asio::local::connect_pair(near.socket(), far.socket());
    boost::asio::local::connect_pair(idle.socket(), silent.socket());
  }

  // As in a service, where some client is always silent: without it Asio runs out of work between
  // two completions, and stops.
  void watch_silent() {
    idle.read([](boost::system::error_code, std::size_t) {});
  }
  void close_silent() { idle.socket().close(); }

  pair_end near;
  pair_end far;
  pair_end idle;
  pair_end silent;
};

// How each waits for an operation, and where its sockets live.

template <class Token>
boost::asio::io_context& reactor_of(basic_asio_awaitable<Token>& asio) {
  return asio.context();
}
boost::asio::io_context& reactor_of(asio_spawn& asio) { return asio.context(); }
boost::asio::io_context& reactor_of(crossfade_coro& ours) { return ours.loop().io(); }
boost::asio::io_context& reactor_of(crossfade_fiber& ours) { return ours.loop().io(); }

template <class Token>
Token token_of(basic_asio_awaitable<Token>&) {
  return {};
}
use_op_t token_of(crossfade_coro&) { return {}; }

void write_byte(asio_spawn::self& self, pair_end& end) { end.write(self.token()); }
void read_byte(asio_spawn::self& self, pair_end& end) { end.read(self.token()); }
void write_byte(crossfade_fiber&, pair_end& end) { await(end.write(use_op)); }
void read_byte(crossfade_fiber&, pair_end& end) { await(end.read(use_op)); }

template <class Implementation>
tally ping_pong(std::size_t operations) {
  Implementation implementation;
  connected_pair ends(reactor_of(implementation));
  ends.watch_silent();
  tally result;
  implementation.run(2, [&](auto& self, std::size_t i) {
    for (std::size_t n = 0; n <= operations; ++n) {
      if (i == 0) {
        write_byte(self, ends.near);
        read_byte(self, ends.near);
        if (n == 0)
          result.start();
        else
          result.count();
      } else {
        read_byte(self, ends.far);
        write_byte(self, ends.far);
      }
    }
    if (i != 0) return;
    result.stop();
    ends.close_silent();
  });
  return result;
}

template <coroutine_text Implementation>
tally ping_pong(std::size_t operations) {
  Implementation implementation;
  connected_pair ends(reactor_of(implementation));
  ends.watch_silent();
  tally result;
  implementation.run(2, [&](auto& self, std::size_t i) -> typename Implementation::task {
    for (std::size_t n = 0; n <= operations; ++n) {
      if (i == 0) {
        co_await ends.near.write(token_of(self));
        co_await ends.near.read(token_of(self));
        if (n == 0)
          result.start();
        else
          result.count();
      } else {
        co_await ends.far.read(token_of(self));
        co_await ends.far.write(token_of(self));
      }
    }
    if (i != 0) co_return;
    result.stop();
    ends.close_silent();
  });
  return result;
}

// Asio without tasks: each completion starts the next operation.
class callback_pair {
 public:
  static constexpr implementation who{"asio_callbacks", part::peer, stack::none};

  explicit callback_pair(std::size_t operations) : operations_(operations) {}

  tally run() {
    ends_.watch_silent();
    ask();
    listen();
    context_.run();
    return result_;
  }

 private:
  void ask() {
    ends_.near.write([this](boost::system::error_code error, std::size_t) {
      if (!error) hear();
    });
  }
  void hear() {
    ends_.near.read([this](boost::system::error_code error, std::size_t) {
      if (error) return;
      if (is_first_)
        result_.start();
      else
        result_.count();
      is_first_ = false;
      if (result_.done() < operations_) return ask();
      result_.stop();
      ends_.near.socket().close();  // ends who listens
      ends_.close_silent();
    });
  }
  void listen() {
    ends_.far.read([this](boost::system::error_code error, std::size_t) {
      if (!error) reply();
    });
  }
  void reply() {
    ends_.far.write([this](boost::system::error_code error, std::size_t) {
      if (!error) listen();
    });
  }

  const std::size_t operations_;
  boost::asio::io_context context_{1};
  connected_pair ends_{context_};
  tally result_;
  bool is_first_ = true;
};

constexpr implementation bare_system_calls{"limit_system_calls", part::limit, stack::either};

tally ping_pong_of_system_calls(std::size_t operations) {
  boost::asio::io_context context;
  connected_pair ends(context);
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) {
    ends.near.write_now();
    ends.far.read_now();
    ends.far.write_now();
    ends.near.read_now();
    result.count();
  }
  result.stop();
  return result;
}

}  // namespace

void add_socket_ping_pong_rows(suite& rows) {
  const char* const question = "socket/ping_pong";
  rows.add(question, bare_system_calls, ping_pong_of_system_calls, round_trips);
  rows.add(
      question, callback_pair::who, [](std::size_t n) { return callback_pair(n).run(); },
      round_trips);
  const auto add = [&]<class Implementation>() {
    rows.add(
        question, Implementation::who, [](std::size_t n) { return ping_pong<Implementation>(n); },
        round_trips);
  };
  add.operator()<asio_awaitable>();
  add.operator()<asio_awaitable_deferred>();
  add.operator()<asio_spawn>();
  add.operator()<crossfade_fiber>();
  add.operator()<crossfade_coro>();
}

}  // namespace crossfade::benchmarks
