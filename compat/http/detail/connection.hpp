#pragma once

#include "compat/http/connections.hpp"
#include "compat/http/detail/tcp_socket.hpp"
#include "compat/http/server.hpp"

#include "compat/event.hpp"
#include "compat/handle.hpp"

#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <list>

namespace crossfade::http::detail {

class connection;

/// What a server's connections share.
struct server_state {
  loop& owner;
  const handler answer;
  const server_options options;
  bool stopping = false;
  std::list<connection*> connections = {};
  std::size_t refused = 0;  // those of `connections` that are only told that there are too many
  event drained = {};       // set while there is no connection
};

/// One client, from accept to close. Belongs to its task.
class connection {
 public:
  enum class kind : std::uint8_t { served, refused };

  connection(server_state& server, tcp_socket socket, kind k);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Comes before `run`.
  void join(connections& group);
  /// Exchanges requests for responses until either side closes.
  task<> run();

  /// Ends a connection on which no request has begun; one that has arrived is still answered.
  void close_if_idle() noexcept;
  bool is_answering() const noexcept { return phase_ == phase::exchange; }

  handle<> running;  // the task that it belongs to

 private:
  enum class phase : std::uint8_t { idle, exchange, closing };

  bool ends_with_this() const noexcept;
  task<bool> request_begins();
  task<bool> exchange();
  task<bool> read(request& r);
  task<> answer(request& r, response& out);
  task<> send(const response& out, bool head, bool keep);
  task<> linger();

  server_state& server_;
  tcp_socket socket_;
  boost::beast::flat_buffer buffer_;
  const kind kind_;
  phase phase_ = phase::idle;
  connections* group_ = nullptr;
  bool is_first_ = true;
  unsigned version_ = 11;
  std::list<connection*>::iterator place_;
  std::list<connection*>::iterator place_in_group_;
};

}  // namespace crossfade::http::detail
