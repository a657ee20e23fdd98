#include "compat/http/detail/connection.hpp"

#include "compat/http/detail/syntax.hpp"

#include "compat/loop.hpp"
#include "compat/timeout.hpp"
#include "compat/use_op.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade::http::detail {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;
using boost::system::system_error;

namespace {

using request_parser = wire::request_parser<wire::string_body>;

constexpr std::size_t read_size = 8 * 1024;
/// How long a client may take to read the last response before it is reset.
constexpr duration linger_time = std::chrono::seconds(1);

/// What is wrong with a request: told its sender, before the connection is closed.
struct refusal {
  unsigned status;
  std::string reason;
};

/// Turns an error of the parser into a refusal; rethrows one of the connection.
[[noreturn]] void refuse_or_rethrow(const system_error& error, const request_parser& parser) {
  const error_code& code = error.code();
  if (code.category() != make_error_code(wire::error::end_of_stream).category() ||
      code == wire::error::end_of_stream || code == wire::error::partial_message) {
    throw;
  }
  if (code == wire::error::body_limit) throw refusal{413, "the body is too large"};
  if (code == wire::error::bad_version) throw refusal{505, "expected HTTP/1.1"};
  if (code == wire::error::header_limit || code == wire::error::buffer_overflow) {
    const bool has_request_line = !parser.get().target().empty();
    if (has_request_line) throw refusal{431, "the header is too large"};
    throw refusal{414, "the URI is too long"};
  }
  throw refusal{400, "malformed request: " + code.message()};
}

/// What the parser does not mind, and we do.
void check_header(const request_parser& parser) {
  const auto& header = parser.get();
  if (header.version() == 11 && header.count(wire::field::host) != 1) {
    throw refusal{400, "malformed request: expected one Host header"};
  }
  // Where its body ends is then anybody's guess, and two guesses are a smuggled request.
  if (header.count(wire::field::transfer_encoding) != 0 && !parser.chunked()) {
    throw refusal{501, "unknown transfer encoding; expected chunked"};
  }
  const auto expected = header.find(wire::field::expect);
  if (expected != header.end() && !same_name(expected->value(), "100-continue")) {
    throw refusal{417, "unknown expectation; expected 100-continue"};
  }
}

/// Most headers arrive whole: to parse one where it lies takes no operation.
void parse_arrived(boost::beast::flat_buffer& buffer, request_parser& parser) {
  if (buffer.size() == 0) return;
  error_code error;
  buffer.consume(parser.put(buffer.data(), error));
  if (error && error != wire::error::need_more) throw system_error(error);
}

/// All of a response but its body. What the sender sees to is not the handler's.
std::string head_of(const response& out, unsigned version, bool has_body, bool keep) {
  std::string text;
  text.reserve(256);
  const auto reason = wire::obsolete_reason(static_cast<wire::status>(out.status));
  text.append(version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(out.status));
  text.append(" ").append(reason.data(), reason.size()).append("\r\n");
  for (const field& f : out.headers) {
    if (same_name(f.name, "Connection") || same_name(f.name, "Content-Length") ||
        same_name(f.name, "Transfer-Encoding")) {
      continue;
    }
    text.append(f.name).append(": ").append(f.value).append("\r\n");
  }
  const bool kept_by_default = version > 10;
  if (keep != kept_by_default)
    text.append(keep ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
  if (has_body) {
    text.append("Content-Length: ").append(std::to_string(out.body.size())).append("\r\n");
  }
  return text.append("\r\n");
}

std::string_view to_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

connection::connection(server_state& server, tcp_socket socket, kind k)
    : server_(server),
      socket_(std::move(socket)),
      buffer_(server.options.max_header_size + read_size),
      kind_(k),
      place_(server.connections.insert(server.connections.end(), this)) {
  server_.refused += kind_ == kind::refused;
  server_.drained.clear();
}

connection::~connection() {
  running.detach();  // it is that task which destroys the connection
  server_.refused -= kind_ == kind::refused;
  server_.connections.erase(place_);
  if (group_ != nullptr) group_->open_.erase(place_in_group_);
  if (server_.connections.empty()) server_.drained.set();
}

void connection::join(connections& group) {
  group_ = &group;
  place_in_group_ = group.open_.insert(group.open_.end(), this);
}

bool connection::ends_with_this() const noexcept {
  return server_.stopping || (group_ != nullptr && group_->ending_);
}

void connection::close_if_idle() noexcept {
  // The wait for a request ends with the end of the stream, but only after what has arrived.
  error_code ignored;
  if (phase_ == phase::idle) socket_.shutdown(tcp_socket::shutdown_receive, ignored);
}

task<> connection::run() {
  try {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true);  // for what is written without a wait
    if (kind_ == kind::refused) {
      phase_ = phase::closing;
      const response full = plain_text(503, "too many connections");
      co_await send(full, false, false);
    } else {
      // Not in the condition of a loop: in a body without variables g++ 12.2 miscompiles an await
      // there.
      for (bool open = true; open;) {
        open = co_await request_begins();
        if (open) open = co_await exchange();
      }
    }
    if (phase_ == phase::closing) co_await linger();
  } catch (const system_error&) {
    // The peer has gone, in whichever way; nobody is left to be told.
  } catch (const timeout_error&) {
    // It neither sends nor takes what it asked for.
  }
}

task<bool> connection::request_begins() {
  // Behind the other connections that have something to do: a client that sends many requests at a
  // time leaves others their turn. Where it sends one, the next may be here by then, and to read
  // too early takes a system call, and a look at the kernel later.
  if (!is_first_) co_await asio::post(socket_.get_executor(), use_op);
  phase_ = phase::idle;
  if (buffer_.size() > 0) co_return true;  // pipelined behind the last one
  if (server_.stopping) co_return false;
  const duration patience = std::exchange(is_first_, false) ? server_.options.header_timeout
                                                            : server_.options.idle_timeout;
  auto first_bytes = [this]() -> task<> {
    buffer_.commit(co_await socket_.async_read_some(buffer_.prepare(read_size), use_op));
  };
  co_await with_timeout(patience, first_bytes);
  co_return true;
}

/// Whether the connection is kept.
task<bool> connection::exchange() {
  phase_ = phase::exchange;
  request asked;
  response answered;
  bool keep = false;
  try {
    keep = co_await read(asked);
    co_await answer(asked, answered);
  } catch (const refusal& why) {
    keep = false;
    answered = plain_text(why.status, why.reason);
  }
  keep = keep && !ends_with_this();
  co_await send(answered, asked.method == "HEAD", keep);
  if (!keep) phase_ = phase::closing;
  co_return keep;
}

/// Whether the client wants the connection kept.
task<bool> connection::read(request& r) {
  request_parser parser;
  parser.header_limit(server_.options.max_header_size);
  parser.body_limit(server_.options.max_body_size);
  auto header = [&]() -> task<> {
    co_await wire::async_read_header(socket_, buffer_, parser, use_op);
  };
  auto body = [&]() -> task<> {
    if (parser.get().count(wire::field::expect) != 0 && buffer_.size() == 0) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket_, asio::buffer(go_on), use_op);
    }
    co_await wire::async_read(socket_, buffer_, parser, use_op);
  };
  try {
    parse_arrived(buffer_, parser);
    if (!parser.is_header_done()) co_await with_timeout(server_.options.header_timeout, header);
    version_ = parser.get().version();
    check_header(parser);
    if (!parser.is_done()) co_await with_timeout(server_.options.body_timeout, body);
  } catch (const timeout_error&) {
    throw refusal{408, "the request did not arrive in time"};
  } catch (const system_error& error) {
    refuse_or_rethrow(error, parser);
  }

  auto& message = parser.get();
  r.method = to_std(message.method_string());
  r.target = to_std(message.target());
  if (!parse_target(r)) throw refusal{400, "malformed request: bad target"};
  for (const auto& f : message) {
    r.headers.add(std::string(f.name_string()), std::string(f.value()));
  }
  r.body = std::move(message.body());
  co_return message.keep_alive();
}

task<> connection::answer(request& r, response& out) {
  std::exception_ptr failure;
  auto handled = [&]() -> task<> {
    try {
      out = co_await server_.answer(r);
      if (out.status < 200 || out.status > 599) {
        throw usage_error("the handler of " + r.method + ' ' + r.path + " gave status " +
                          std::to_string(out.status) + "; expected 200 to 599");
      }
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
  };
  const duration patience = server_.options.handler_timeout;
  if (patience == duration::max()) {
    co_await handled();
  } else {
    try {
      co_await with_timeout(patience, handled);
    } catch (const timeout_error&) {
      out = plain_text(503, "the answer took too long");
    }
  }
  if (failure == nullptr) co_return;
  out = plain_text(500, "Internal Server Error");
  if (server_.options.on_error) {
    server_.options.on_error(r, failure);
  } else {
    server_.owner.report(failure);
  }
}

task<> connection::send(const response& out, bool head, bool keep) {
  const bool has_body = out.status != 204 && out.status != 304;
  const std::string text = head_of(out, version_, has_body, keep);
  std::array<asio::const_buffer, 2> left{
      asio::buffer(text), has_body && !head ? asio::buffer(out.body) : asio::const_buffer()};
  // What the socket takes at once needs no wait.
  error_code error;
  const std::size_t sent = socket_.write_some(left, error);
  if (error && error != asio::error::would_block) throw system_error(error);
  const std::size_t of_text = std::min(sent, text.size());
  left[0] += of_text;
  left[1] += sent - of_text;
  if (asio::buffer_size(left) == 0) co_return;
  auto write = [&]() -> task<> { co_await asio::async_write(socket_, left, use_op); };
  co_await with_timeout(server_.options.write_timeout, write);
}

// Closing a socket with unread data resets it, and a reset overtakes the response: so let the
// client close first.
task<> connection::linger() {
  socket_.shutdown(tcp_socket::shutdown_send);
  auto until_closed = [this]() -> task<> {
    for (;;) {
      buffer_.clear();
      co_await socket_.async_read_some(buffer_.prepare(read_size), use_op);
    }
  };
  co_await with_timeout(linger_time, until_closed);
}

}  // namespace crossfade::http::detail
