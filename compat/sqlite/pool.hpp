#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/sqlite/connection.hpp"
#include "compat/sqlite/detail/lender.hpp"
#include "compat/sqlite/transaction.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

class pool;
template <class Body, class T = crossfade::detail::result_of<Body, connection&>>
task<T> with_reader(pool& from, Body&& body);
template <class Body, class T = crossfade::detail::result_of<Body, connection&>>
task<T> with_writer(pool& from, Body&& body);
template <class Body, class T = crossfade::detail::result_of<Body, connection&>>
task<T> with_transaction(pool& on, Body&& body);

struct pool_options {
  /// How many tasks read at the same time, besides the one that writes.
  std::size_t readers = 4;
  connection_options connection = {};
  /// Called with each connection before it is lent, for pragmas, functions and collations.
  std::function<task<>(sqlite::connection&)> prepare = {};
};

/// Connections to one database file: one that writes and several that read, made by `open_pool`.
/// Tasks of both backends may share it.
///
/// A task gets a connection for as long as a body runs, `with_reader`, `with_writer` or
/// `with_transaction`, and the same one where it asks again inside: nested reads never wait, and
/// who writes reads what it has written. With WAL, readers and the writer do not wait for each
/// other. Order: FIFO, for the writer and for the readers. Cancellation and deadlines: as for any
/// wait, until the connection is there; then as its statements; it is given back when SQLite is
/// done with it. Threads: the loop's only. Lifetime: outlives who waits and whoever has a
/// connection; the destructor ends the program otherwise. It closes what is open, and may wait for
/// the disk. Throws: `connection_closed` once `close` has begun; what a connection throws. Source:
/// rotki's DBConnection with its pool of readers. Differs: waits without looking, and who waits
/// comes in order.
class pool {
 public:
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// One statement that may write. Inside of this task's transaction it is part of that.
  template <bindable... V>
  task<executed> execute(std::string_view sql, const V&... values) {
    const detail::lender::lease writer = co_await writer_.lend();
    co_return co_await writer.db().execute(sql, values...);
  }
  /// One statement that reads; inside of this task's transaction, what that has written too.
  template <bindable... V>
  task<std::vector<row>> query(std::string_view sql, const V&... values) {
    const detail::lender::lease reader = co_await lend_for_reading();
    co_return co_await reader.db().query(sql, values...);
  }
  /// As `query`, with `connection::query_as`.
  template <row_type T, bindable... V>
  task<std::vector<T>> query_as(std::string_view sql, const V&... values) {
    const detail::lender::lease reader = co_await lend_for_reading();
    co_return co_await reader.db().query_as<T>(sql, values...);
  }

  /// Lends no more connections, waits for `grace` until those that are lent are back, then
  /// interrupts what they run, for `grace` again. Closes those that are back; the others
  /// close when they come back. Gives the tasks that still have one.
  ///
  /// Who waits for a connection gets `connection_closed`. Cancellation: of the wait; no connection
  /// is lent all the same, and it may be called again.
  task<std::vector<std::string>> close(duration grace = std::chrono::seconds(3));

 private:
  friend task<std::unique_ptr<pool>> open_pool(const driver& how, std::string_view path,
                                               pool_options options);
  template <class Body, class T>
  friend task<T> with_reader(pool& from, Body&& body);
  template <class Body, class T>
  friend task<T> with_writer(pool& from, Body&& body);
  template <class Body, class T>
  friend task<T> with_transaction(pool& on, Body&& body);

  pool() = default;
  detail::lease_op lend_for_reading() {
    return writer_.has_lent_to_running_task() ? writer_.lend() : readers_.lend();
  }
  task<bool> all_back(duration within);

  detail::lender writer_;
  detail::lender readers_;
};

/// Opens the database file at `path`, which is made if there is none, once for each connection.
///
/// Cancellation: as a statement; nothing is open then. Throws: `error`; `usage_error` without a
/// reader, and for a database in memory, which other connections do not see.
task<std::unique_ptr<pool>> open_pool(const driver& how, std::string_view path,
                                      pool_options options = {});

/// Runs `body(connection)`, of either text, with a connection that reads.
///
/// Each statement sees what was committed when it was asked for. Inside of this task's transaction
/// it is the connection of that. Cancellation: until there is a connection; then as the body.
/// Lifetime: `body` is used where it stands; the connection is its own until it returns. Throws:
/// what `body` throws; `connection_closed`. Source: rotki's read_ctx.
template <class Body, class T>
task<T> with_reader(pool& from, Body&& body) {
  const detail::lender::lease reader = co_await from.lend_for_reading();
  if constexpr (crossfade::detail::is_coroutine_text<Body, connection&>) {
    co_return co_await std::invoke(body, reader.db());
  } else {
    co_return std::invoke(body, reader.db());
  }
}

/// Runs `body(connection)`, of either text, with the connection that writes, each statement by
/// itself: for what no transaction may hold, such as VACUUM, and for backups. Otherwise as
/// `with_reader`.
template <class Body, class T>
task<T> with_writer(pool& from, Body&& body) {
  const detail::lender::lease writer = co_await from.writer_.lend();
  if constexpr (crossfade::detail::is_coroutine_text<Body, connection&>) {
    co_return co_await std::invoke(body, writer.db());
  } else {
    co_return std::invoke(body, writer.db());
  }
}

/// Runs `body(connection)`, of either text, inside of a transaction on the connection that writes:
/// `with_transaction(connection, body)`, which see. Inside of one of the same task it is a
/// savepoint. Source: rotki's write_ctx.
template <class Body, class T>
task<T> with_transaction(pool& on, Body&& body) {
  const detail::lender::lease writer = co_await on.writer_.lend();
  auto text = [&]() -> std::invoke_result_t<Body&, connection&> {
    return std::invoke(body, writer.db());
  };
  co_return co_await with_transaction(writer.db(), text);
}

}  // namespace crossfade::sqlite
