#pragma once

#include "compat/http/error.hpp"
#include "compat/http/message.hpp"

#include "compat/clock.hpp"
#include "compat/task.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace crossfade {
class loop;
}

namespace crossfade::http {

namespace detail {
struct client_state;
}

struct client_options {
  /// Connections to one host and port, kept ones included; a further call waits, first come, first
  /// served.
  std::size_t max_connections_per_host = 8;
  /// Bytes of a response's body.
  std::size_t max_response_size = std::size_t{16} * 1024 * 1024;

  duration connect_timeout = std::chrono::seconds(10);  ///< resolving the host's name included
  duration read_timeout = std::chrono::seconds(30);     ///< for the header, then for each piece
  duration total_timeout = std::chrono::seconds(60);    ///< from the call to the response
  /// How long a connection is kept for further calls; less than the servers' is good.
  duration idle_timeout = std::chrono::seconds(30);
};

/// What to ask for, by name: `const http::call c{.url = "http://host/path"};`.
struct call {
  std::string url;
  std::string method = "GET";
  http::headers headers = {};
  std::string body = {};
};

/// An HTTP/1.1 client that keeps connections open for further calls. Plain http only.
///
/// A call that fails because its kept connection was closed by the server meanwhile is tried once
/// more on a new one if its method is idempotent. Redirects are given as they are. Cancellation:
/// closes the call's connection; the others are not touched. Threads: the loop's only. Lifetime:
/// the loop outlives it; it outlives its calls. Throws: `http::error`. Source: aiohttp's
/// ClientSession, urllib3's PoolManager.
class client {
 public:
  explicit client(loop& owner, client_options options = {});
  ~client();

  /// Sends a request and gives the response, whatever its status. Lifetime: the call outlives the
  /// wait. It has to be a named one: g++ 12 destroys a temporary of its kind twice in an expression
  /// that awaits.
  task<response> send(const call& c);
  task<response> send(call&& c) = delete;

  /// `send` for a GET without headers of its own.
  task<response> get(const std::string& url);

 private:
  std::unique_ptr<detail::client_state> state_;
};

}  // namespace crossfade::http
