#pragma once

#include "compat/loop.hpp"
#include "compat/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

/// One end of a TCP connection that says what it is told to, HTTP or not.
class raw_peer {
 public:
  explicit raw_peer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  raw_peer(loop& owner, std::uint16_t port);

  task<> write(std::string text);
  /// Reads up to and including `mark`, and `further` bytes.
  task<std::string> read_until(std::string mark, std::size_t further = 0);
  /// Reads all that comes until the other side closes.
  task<std::string> read_to_end();
  /// Says that nothing more will come; reading goes on.
  void finish_writing() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void close() { socket_.close(); }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

/// A server that is written out in the test.
class raw_server {
 public:
  explicit raw_server(loop& owner);
  task<raw_peer> accept();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(std::string_view target = "/") const;

 private:
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace crossfade
