#pragma once

#include "compat/http/connections.hpp"
#include "compat/http/handler.hpp"

#include "compat/clock.hpp"
#include "compat/task.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace crossfade {
class loop;
template <class State>
class switched;
}  // namespace crossfade

namespace crossfade::http {

/// Where a server listens, what it grants its clients, and whom it tells.
struct server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free, see `server::port`

  /// One more connection is answered with 503 and closed.
  std::size_t max_connections = 1024;
  /// Bytes of a request line together with its headers; more are answered with 414 or 431.
  std::uint32_t max_header_size = 16 * 1024;
  /// Bytes of a body; more are answered with 413, before they are read if the client says so.
  std::size_t max_body_size = std::size_t{8} * 1024 * 1024;

  duration header_timeout = std::chrono::seconds(10);  ///< from a request's first byte; then 408
  duration body_timeout = std::chrono::seconds(60);    ///< from the end of its header; then 408
  duration idle_timeout = std::chrono::seconds(75);    ///< between requests; then closed
  duration write_timeout = std::chrono::seconds(60);   ///< for a response; then closed
  duration handler_timeout = duration::max();          ///< then cancelled, and 503

  /// Where the connections run, as root tasks of a subsystem; open while the server serves. Null:
  /// they are spawned beside `serve`.
  switched<connections>* sides = nullptr;
  /// Told what a handler threw, which the client is not; null: the loop's error handler is. Must
  /// not throw.
  std::function<void(const request&, const std::exception_ptr&)> on_error = {};
};

/// An HTTP/1.1 server. Each connection is a task, which reads a request, awaits the handler and
/// writes the response; requests that are pipelined are answered in their order.
///
/// What a handler throws is answered with 500 and a text that gives nothing away. A request that is
/// malformed or exceeds a limit is answered with the reason, and its connection closed. Peers that
/// stop sending or reading are cut off by the timeouts. Threads: the loop's only. Lifetime: loop
/// and, where there are any, sides outlive the server; it outlives `serve` and `stop`. Source:
/// gevent.pywsgi.WSGIServer, aiohttp.web.
class server {
 public:
  /// Listens: clients can connect from now on and are served once `serve` runs.
  /// Throws: `boost::system::system_error` that names the address.
  server(loop& owner, handler answer, server_options options = {});
  ~server();

  /// The port it listens on.
  std::uint16_t port() const noexcept;
  /// Connections that are open now.
  std::size_t connections() const noexcept;

  /// Accepts connections until the server is stopped and all of them have ended. Cancellation:
  /// closes the server, cancels its connections and waits for their end.
  task<> serve();

  /// Ends the server: closes the listening socket and idle connections at once, lets requests in
  /// flight be answered, and after `grace` cancels those that are left. Gives their number.
  /// Cancellation: the server accepts no more; its connections go on.
  task<std::size_t> stop(duration grace);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace crossfade::http
