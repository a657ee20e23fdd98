#include "compat/http/client.hpp"

#include "compat/http/detail/syntax.hpp"
#include "compat/http/detail/tcp_socket.hpp"

#include "compat/loop.hpp"
#include "compat/semaphore.hpp"
#include "compat/timeout.hpp"
#include "compat/use_op.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace crossfade::http {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;
using detail::destination;
using detail::tcp_socket;

namespace {

constexpr std::uint32_t max_header_size = 64 * 1024;

bool is_idempotent(std::string_view method) noexcept {
  static constexpr auto methods =
      std::to_array<std::string_view>({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"});
  return std::ranges::find(methods, method) != methods.end();
}

/// What a connection ends with that the server closed before it saw the request.
bool is_closed_by_peer(const error_code& code) noexcept {
  return code == wire::error::end_of_stream || code == asio::error::eof ||
         code == asio::error::connection_reset || code == asio::error::broken_pipe;
}

/// Nothing has arrived: neither the end of the stream nor a byte that nobody asked for.
bool is_quiet(tcp_socket& socket) {
  char byte = 0;
  error_code code;
  socket.non_blocking(true, code);
  socket.receive(asio::buffer(&byte, 1), tcp_socket::message_peek, code);
  return code == asio::error::would_block;
}

using endpoints = tcp::resolver::results_type;

task<endpoints> look_up(loop& owner, std::string host, std::string port) {
  tcp::resolver resolver(owner.io());
  co_return co_await resolver.async_resolve(host, port, use_op);
}

task<endpoints> resolve(loop& owner, const destination& to) {
  const std::string port = std::to_string(to.port);
  error_code is_name;
  const auto address = asio::ip::make_address(to.host, is_name);
  if (!is_name) co_return endpoints::create({address, to.port}, to.host, port);
  // The system's resolver cannot be interrupted. In a task of its own it can be left behind.
  auto looking_up = spawn({.name = "resolve " + to.host}, look_up, std::ref(owner), to.host, port);
  co_return co_await looking_up.join();
}

/// The connections to one host and port.
class pool {
 public:
  explicit pool(std::size_t most) : slots(most) {}

  std::optional<tcp_socket> take(time_point not_before) {
    while (!kept_.empty()) {
      kept newest = std::move(kept_.back());
      kept_.pop_back();
      if (newest.since >= not_before && is_quiet(newest.socket)) return std::move(newest.socket);
    }
    return std::nullopt;
  }
  void keep(tcp_socket socket, time_point now) { kept_.push_back({std::move(socket), now}); }
  void close_kept() noexcept { kept_.clear(); }

  semaphore slots;

 private:
  struct kept {
    tcp_socket socket;
    time_point since;
  };
  std::vector<kept> kept_;
};

}  // namespace

struct detail::client_state {
  loop& owner;
  const client_options options;
  std::map<std::string, pool, std::less<>> pools = {};  // by "host:port"
};

namespace {

/// One call under way.
class exchange {
 public:
  exchange(detail::client_state& client, const call& c, const destination& to)
      : client_(client),
        call_(c),
        to_(to),
        pool_(client.pools.try_emplace(to.authority, client.options.max_connections_per_host)
                  .first->second) {}

  task<response> run();
  error failed(error::reason why, const std::string& text) const {
    return {to_.authority, at_, why, text};
  }

 private:
  task<tcp_socket> connect();
  task<response> over(tcp_socket& socket);
  /// Whether the connection may be kept, as far as we are concerned.
  task<bool> send(tcp_socket& socket);

  detail::client_state& client_;
  const call& call_;
  const destination& to_;
  pool& pool_;
  error::phase at_ = error::phase::wait;
  bool answered_ = false;
};

task<response> exchange::run() {
  const semaphore::permit slot = co_await pool_.slots.acquire();
  const time_point now = client_.owner.now();
  if (std::optional<tcp_socket> kept = pool_.take(now - client_.options.idle_timeout)) {
    try {
      co_return co_await over(*kept);
    } catch (const system_error& e) {
      if (answered_ || !is_idempotent(call_.method) || !is_closed_by_peer(e.code())) throw;
    }
    pool_.close_kept();  // they are no younger
  }
  tcp_socket fresh = co_await connect();
  co_return co_await over(fresh);
}

task<tcp_socket> exchange::connect() {
  tcp_socket socket(client_.owner.io());
  auto connected = [&]() -> task<> {
    at_ = error::phase::resolve;
    const endpoints found = co_await resolve(client_.owner, to_);
    at_ = error::phase::connect;
    co_await asio::async_connect(socket, found, use_op);
  };
  co_await with_timeout(client_.options.connect_timeout, connected);
  socket.set_option(tcp::no_delay(true));
  co_return socket;
}

task<bool> exchange::send(tcp_socket& socket) {
  at_ = error::phase::send;
  wire::request<wire::span_body<const char>> message;
  message.method_string(call_.method);
  message.target(to_.target);
  message.set(wire::field::host, to_.authority);
  for (const field& f : call_.headers) {
    if (detail::same_name(f.name, "Host")) message.erase(wire::field::host);
    message.insert(f.name, f.value);
  }
  message.erase(wire::field::transfer_encoding);
  message.body() = {call_.body.data(), call_.body.size()};
  message.prepare_payload();
  co_await wire::async_write(socket, message, use_op);
  co_return message.keep_alive();
}

task<response> exchange::over(tcp_socket& socket) {
  const bool may_be_kept = co_await send(socket);

  at_ = error::phase::receive;
  boost::beast::flat_buffer buffer;
  std::optional<wire::response_parser<wire::string_body>> parser;
  auto header = [&]() -> task<> {
    co_await wire::async_read_header(socket, buffer, *parser, use_op);
  };
  auto more = [&]() -> task<> { co_await wire::async_read_some(socket, buffer, *parser, use_op); };
  do {  // 100 Continue and its kind announce the response
    parser.emplace();
    parser->header_limit(max_header_size);
    parser->body_limit(client_.options.max_response_size);
    parser->skip(call_.method == "HEAD");
    co_await with_timeout(client_.options.read_timeout, header);
    answered_ = true;
  } while (parser->get().result_int() < 200);
  while (!parser->is_done()) co_await with_timeout(client_.options.read_timeout, more);

  auto& message = parser->get();
  response answer{.status = message.result_int()};
  for (const auto& f : message) {
    answer.headers.add(std::string(f.name_string()), std::string(f.value()));
  }
  answer.body = std::move(message.body());
  if (may_be_kept && parser->keep_alive() && buffer.size() == 0) {
    pool_.keep(std::move(socket), client_.owner.now());
  }
  co_return answer;
}

}  // namespace

client::client(loop& owner, client_options options)
    : state_(new detail::client_state{.owner = owner, .options = options}) {}

client::~client() = default;

task<response> client::get(const std::string& url) {
  const call c{.url = url};
  co_return co_await send(c);
}

task<response> client::send(const call& c) {
  std::optional<destination> to;
  try {
    to = detail::parse_url(c.url);
  } catch (const std::invalid_argument& wrong) {
    throw error(c.url, error::phase::url, error::reason::failed, wrong.what());
  }
  if (!detail::is_token(c.method)) {
    throw error(c.url, error::phase::url, error::reason::failed,
                "method '" + c.method + "'; expected a token, such as GET");
  }
  exchange under_way(*state_, c, *to);
  auto run = [&]() -> task<response> { co_return co_await under_way.run(); };
  try {
    co_return co_await with_timeout(state_->options.total_timeout, run);
  } catch (const timeout_error&) {
    throw under_way.failed(error::reason::timed_out, "timed out");
  } catch (const system_error& e) {
    throw under_way.failed(error::reason::failed, e.code().message());
  }
}

}  // namespace crossfade::http
