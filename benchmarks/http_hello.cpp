#include "implementations/all.hpp"
#include "questions.hpp"

#include "compat/http/server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <thread>

// One operation: a GET on a connection that is kept open is answered with a text of five letters.
// What is measured is the server's thread alone. The clients are another thread's: 16 connections,
// each of which sends its next request when it has its answer.
//
// The peer is Beast's reading and writing by itself: no timeouts, no limits on clients, no routing.

namespace crossfade::benchmarks {
namespace {

namespace wire = boost::beast::http;

constexpr std::size_t hello_operations = 10'000;
constexpr std::size_t hello_connections = 16;
constexpr std::string_view hello_text = "hello";

// Sends requests as fast as they are answered, from its thread, until the server closes the
// connections.
class hello_clients {
 public:
  explicit hello_clients(std::uint16_t port) {
    for (std::size_t n = 0; n < hello_connections; ++n) {
      auto& socket = sockets_.emplace_back(context_);
      socket.connect({boost::asio::ip::address_v4::loopback(), port});
      socket.set_option(boost::asio::ip::tcp::no_delay(true));
    }
    thread_ = std::thread([this] { run(); });
  }
  ~hello_clients() { thread_.join(); }
  hello_clients(const hello_clients&) = delete;
  hello_clients& operator=(const hello_clients&) = delete;

 private:
  // By hand: with few system calls, so that it seldom is the clients for whom the server waits.
  void run() {
    const int poller = ::epoll_create1(0);
    for (auto& socket : sockets_) {
      epoll_event wanted{.events = EPOLLIN, .data = {.ptr = &socket}};
      ::epoll_ctl(poller, EPOLL_CTL_ADD, socket.native_handle(), &wanted);
      send(socket);
    }
    std::array<epoll_event, hello_connections> arrived;
    for (std::size_t open = sockets_.size(); open > 0;) {
      const int count = ::epoll_wait(poller, arrived.data(), arrived.size(), -1);
      for (int n = 0; n < count; ++n) {
        auto& socket = *static_cast<boost::asio::ip::tcp::socket*>(
            arrived[static_cast<std::size_t>(n)].data.ptr);
        std::array<char, 512> answer;
        const auto size = ::recv(socket.native_handle(), answer.data(), answer.size(), 0);
        if (size <= 0) {
          socket.close();
          --open;
        } else if (std::string_view(answer.data(), static_cast<std::size_t>(size))
                       .ends_with(hello_text)) {
          send(socket);
        }
      }
    }
    ::close(poller);
  }

  static void send(boost::asio::ip::tcp::socket& socket) {
    constexpr std::string_view request =
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
    ::send(socket.native_handle(), request.data(), request.size(), MSG_NOSIGNAL);
  }

  boost::asio::io_context context_;
  std::deque<boost::asio::ip::tcp::socket> sockets_;
  std::thread thread_;
};

// Counts the answers of a server, from the first of the last connection on.
class hello_count {
 public:
  explicit hello_count(std::size_t operations) : operations_(operations) {}

  /// True when that was the last.
  bool answered() {
    constexpr std::size_t to_warm_up = 4 * hello_connections;
    if (++seen_ <= to_warm_up) {
      if (seen_ == to_warm_up) result_.start();
      return false;
    }
    if (result_.done() == operations_) return false;  // connections that have not heard yet
    result_.count();
    if (result_.done() < operations_) return false;
    result_.stop();
    return true;
  }
  const tally& result() const { return result_; }

 private:
  const std::size_t operations_;
  std::size_t seen_ = 0;
  tally result_;
};

constexpr implementation beast_awaitable{"beast_awaitable", part::peer, stack::none};

class beast_server {
 public:
  explicit beast_server(std::size_t operations) : count_(operations) {}

  tally run() {
    boost::asio::co_spawn(context_, accept_all(), boost::asio::detached);
    const hello_clients clients(acceptor_.local_endpoint().port());
    context_.run();
    return count_.result();
  }

 private:
  using task = asio_awaitable::task;
  using socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, asio_executor>;
  static constexpr asio_awaitable::token token{};

  task accept_all() {
    for (std::size_t n = 0; n < hello_connections; ++n) {
      socket& accepted = sockets_.emplace_back(context_);
      co_await acceptor_.async_accept(accepted, token);
      boost::asio::co_spawn(context_, serve(accepted), boost::asio::detached);
    }
  }

  task serve(socket& client) {
    client.set_option(boost::asio::ip::tcp::no_delay(true));
    boost::beast::flat_buffer buffer;
    for (;;) {
      wire::request<wire::string_body> request;
      co_await wire::async_read(client, buffer, request, token);
      wire::response<wire::string_body> answer(wire::status::ok, request.version());
      answer.set(wire::field::content_type, "text/plain");
      answer.keep_alive(request.keep_alive());
      answer.body() = hello_text;
      answer.prepare_payload();
      if (count_.answered()) close_all();
      co_await wire::async_write(client, answer, token);
    }
  }

  void close_all() {
    for (socket& each : sockets_) each.close();
  }

  hello_count count_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, asio_executor> acceptor_{
      context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::deque<socket> sockets_;
};

http::response hello_response() {
  return {.headers = {{"Content-Type", "text/plain"}}, .body = std::string(hello_text)};
}

class hello_on_coroutines {
 public:
  explicit hello_on_coroutines(std::size_t operations) : count_(operations) {}

  tally run() {
    const auto handler = [this](const http::request&) -> task<http::response> {
      if (count_.answered()) finished_.set();
      co_return hello_response();
    };
    http::server server(loop_, handler);
    const auto serve_until_finished = [&]() -> task<> {
      auto serving = spawn([&] { return server.serve(); });
      co_await finished_.wait();
      co_await server.stop(std::chrono::seconds(10));
      co_await serving.join();
    };
    const hello_clients clients(server.port());
    loop_.run(coroutines_, serve_until_finished);
    return count_.result();
  }

 private:
  hello_count count_;
  loop loop_;
  coro_backend::backend coroutines_{loop_};
  event finished_;
};

class hello_on_fibers {
 public:
  explicit hello_on_fibers(std::size_t operations) : count_(operations) {}

  tally run() {
    const auto handler = [this](const http::request&) {
      if (count_.answered()) finished_.set();
      return hello_response();
    };
    http::server server(loop_, handler);
    const auto serve_until_finished = [&] {
      auto serving = spawn([&] { await(server.serve()); });
      await(finished_.wait());
      await(server.stop(std::chrono::seconds(10)));
      await(serving.join());
    };
    const hello_clients clients(server.port());
    loop_.run(fibers_, serve_until_finished);
    return count_.result();
  }

 private:
  hello_count count_;
  loop loop_;
  fiber_backend::backend fibers_{loop_};
  event finished_;
};

}  // namespace

void add_http_hello_rows(suite& rows) {
  const auto add = [&]<class Server>(const implementation& who) {
    rows.add(
        "http/hello", who, [](std::size_t n) { return Server(n).run(); }, hello_operations);
  };
  add.operator()<beast_server>(beast_awaitable);
  add.operator()<hello_on_fibers>(crossfade_fiber::who);
  add.operator()<hello_on_coroutines>(crossfade_coro::who);
}

}  // namespace crossfade::benchmarks
