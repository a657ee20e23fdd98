#include "compat/http/server.hpp"

#include "compat/http/detail/connection.hpp"

#include "compat/loop.hpp"
#include "compat/shield.hpp"
#include "compat/sleep.hpp"
#include "compat/switched.hpp"
#include "compat/timeout.hpp"
#include "compat/use_op.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <utility>

namespace crossfade::http {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;
using detail::connection;
using detail::tcp_socket;

namespace {

using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

/// How long to wait for descriptors or memory to come free.
constexpr duration accept_pause = std::chrono::milliseconds(50);

asio::ip::tcp::endpoint endpoint_of(const server_options& options) {
  return {asio::ip::make_address(options.address), options.port};
}

tcp_acceptor listen_on(loop& owner, const server_options& options) try {
  return {owner.io(), endpoint_of(options), /*reuse_addr=*/true};
} catch (const system_error& e) {
  throw system_error(e.code(), "http::server: cannot listen on " + options.address + " port " +
                                   std::to_string(options.port));
}

}  // namespace

struct server::impl {
  impl(loop& owner, handler answer, server_options&& options)
      : state{.owner = owner, .answer = std::move(answer), .options = std::move(options)},
        acceptor(listen_on(owner, state.options)),
        port(acceptor.local_endpoint().port()) {
    state.drained.set();
  }

  task<> accept_all();
  void admit(tcp_socket socket);
  void stop_accepting();
  std::size_t cancel_all();

  detail::server_state state;
  tcp_acceptor acceptor;
  const std::uint16_t port;
};

server::server(loop& owner, handler answer, server_options options)
    : impl_(std::make_unique<impl>(owner, std::move(answer), std::move(options))) {}

server::~server() { assert(impl_->state.connections.empty() && "a server outlives its serve()"); }

std::uint16_t server::port() const noexcept { return impl_->port; }

std::size_t server::connections() const noexcept { return impl_->state.connections.size(); }

task<> server::serve() {
  std::exception_ptr interruption;
  try {
    co_await impl_->accept_all();
    co_await impl_->state.drained.wait();
  } catch (...) {
    interruption = std::current_exception();
    impl_->stop_accepting();
    impl_->cancel_all();
  }
  auto drained = [this]() -> task<> { co_await impl_->state.drained.wait(); };
  co_await shield(drained);
  if (interruption) std::rethrow_exception(interruption);
}

task<std::size_t> server::stop(duration grace) {
  impl_->stop_accepting();
  auto drained = [this]() -> task<> { co_await impl_->state.drained.wait(); };
  try {
    co_await with_timeout(grace, drained);
    co_return 0;
  } catch (const timeout_error&) {  // NOLINT(bugprone-empty-catch): grace is over
  }
  const std::size_t cut = impl_->cancel_all();
  co_await drained();
  co_return cut;
}

task<> server::impl::accept_all() {
  while (!state.stopping) {
    try {
      admit(co_await acceptor.async_accept(use_op));
      continue;
    } catch (const system_error& e) {
      if (state.stopping) co_return;
      // That client has left already; the next may be there.
      if (e.code() == asio::error::connection_aborted) continue;
      state.owner.report(std::current_exception());
    }
    co_await sleep(accept_pause);
  }
}

void server::impl::admit(tcp_socket socket) {
  const std::size_t most = state.options.max_connections;
  if (state.stopping || state.refused > most) return;  // closed without a word
  const bool full = state.connections.size() - state.refused >= most;
  auto owned = std::make_unique<connection>(
      state, std::move(socket), full ? connection::kind::refused : connection::kind::served);
  connection& admitted = *owned;
  constexpr std::string_view name = "http connection";
  if (state.options.sides == nullptr) {
    auto run = [](std::unique_ptr<connection> self) -> task<> { co_await self->run(); };
    admitted.running = spawn({.name = name}, run, std::move(owned));
  } else {
    auto run = [](http::connections& side, std::unique_ptr<connection> self) -> task<> {
      self->join(side);
      co_await self->run();
    };
    admitted.running = state.options.sides->spawn({.name = name}, run, std::move(owned));
  }
}

void server::impl::stop_accepting() {
  state.stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  for (connection* each : state.connections) each->close_if_idle();
}

std::size_t server::impl::cancel_all() {
  std::size_t cut = 0;
  for (connection* each : state.connections) {
    cut += each->is_answering();
    each->running.cancel("the server stops");
  }
  return cut;
}

}  // namespace crossfade::http
