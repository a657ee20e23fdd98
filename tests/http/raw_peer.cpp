#include "tests/http/raw_peer.hpp"

#include "compat/use_op.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace crossfade {

namespace asio = boost::asio;

raw_peer::raw_peer(loop& owner, std::uint16_t port) : socket_(owner.io()) {
  socket_.connect({asio::ip::address_v4::loopback(), port});
}

task<> raw_peer::write(std::string text) {
  co_await asio::async_write(socket_, asio::buffer(text), use_op);
}

task<std::string> raw_peer::read_until(std::string mark, std::size_t further) {
  const std::size_t end =
      co_await asio::async_read_until(socket_, asio::dynamic_buffer(received_), mark, use_op) +
      further;
  if (end > received_.size()) {
    co_await asio::async_read(socket_, asio::dynamic_buffer(received_),
                              asio::transfer_exactly(end - received_.size()), use_op);
  }
  std::string text = received_.substr(0, end);
  received_.erase(0, end);
  co_return text;
}

task<std::string> raw_peer::read_to_end() {
  try {
    co_await asio::async_read(socket_, asio::dynamic_buffer(received_), use_op);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::eof) throw;
  }
  co_return std::exchange(received_, {});
}

raw_server::raw_server(loop& owner)
    : acceptor_(owner.io(), {asio::ip::address_v4::loopback(), 0}) {}

task<raw_peer> raw_server::accept() { co_return raw_peer(co_await acceptor_.async_accept(use_op)); }

std::string raw_server::url(std::string_view target) const {
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(target);
}

}  // namespace crossfade
