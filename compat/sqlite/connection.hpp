#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/lock.hpp"
#include "compat/sqlite/collation.hpp"
#include "compat/sqlite/detail/bound.hpp"
#include "compat/sqlite/detail/columns.hpp"
#include "compat/sqlite/detail/fork_count.hpp"
#include "compat/sqlite/detail/function.hpp"
#include "compat/sqlite/detail/handle.hpp"
#include "compat/sqlite/driver.hpp"
#include "compat/sqlite/function.hpp"
#include "compat/sqlite/options.hpp"
#include "compat/sqlite/row.hpp"
#include "compat/sqlite/statement.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

namespace detail {
class collation;
class copying;
class lender;
class transaction;
}  // namespace detail

/// An open database, made by `open`. Tasks of both backends may share it.
///
/// Each call has the connection to itself, and `with_transaction` has it from its beginning to its
/// end. A statement is compiled, unless it was lately, given its values, run to its last row and
/// released in one call.
/// Order: FIFO. Cancellation: interrupts the statement, and `cancelled` is thrown when SQLite is
/// done with it; outside of a transaction it has then changed nothing. Threads: the loop's only.
/// Lifetime: outlives its statements and transactions; destroying it closes it and may wait for the
/// disk, `close` lets other tasks run; after a fork it is the parent's, and in the child it is only
/// forgotten. Throws: `error` if SQLite does; `connection_closed`; `usage_error` unless the text is
/// one statement and gets one value for each parameter, if it leaves a transaction open, which is
/// then rolled back, and on another loop or in the child of a fork.
/// Source: aiosqlite.Connection; gevent users' sqlite3.Connection with a progress handler.
class connection {
 public:
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// Runs one statement, whose parameters (`?`, by position) are given in order. Rows are dropped.
  template <bindable... V>
  task<executed> execute(std::string_view sql, const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    co_return co_await execute_bound(sql, bound);
  }
  /// As `execute`, and gives all rows.
  template <bindable... V>
  task<std::vector<row>> query(std::string_view sql, const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    co_return co_await query_bound(sql, bound);
  }
  /// As `query`, and reads each row as a `T`, at once: `query_as<account>(sql)`. Throws: also
  /// `type_error` if a row is none.
  template <row_type T, bindable... V>
  task<std::vector<T>> query_as(std::string_view sql, const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    detail::rows_as<T> rows;
    co_await query_into(sql, bound, rows);
    co_return rows.give();
  }
  /// Runs statements without parameters, one after the other, until one fails or the task is
  /// cancelled; what was done before stays done, unless a transaction undoes it.
  /// Source: sqlite3.Cursor.executescript. Differs: does not commit first.
  task<> execute_script(std::string_view sql);
  /// Compiles a statement that is used many times.
  task<statement> prepare(std::string_view sql);
  /// Lets SQL call `f` by `name`, with as many arguments as it has parameters.
  ///
  /// `f` has one signature: what it takes is what a column is read as (see `row`), also
  /// `std::string_view` and a span of bytes, which are valid during the call, or all arguments as
  /// one `std::span<const value>`; what it gives is `bindable`, or nothing, which is NULL. What it
  /// throws, of whatever type, is thrown out of the statement that called it, which fails. A
  /// function of the same name and number of arguments is replaced.
  /// Cancellation: until its turn comes. Threads: `f` is called, and destroyed, where statements
  /// run: on the loop's thread by the fiber driver, on the connection's by the other. It must not
  /// wait, which throws, nor use the connection. Lifetime: as the connection, or until replaced;
  /// g++ 12 wants a name for an `f` that is destroyed (it destroys temporaries of awaiting
  /// expressions twice).
  /// Throws: `error`; out of the statement, `type_error` for an argument of another type.
  /// Source: sqlite3.Connection.create_function. Differs: finds out the number of arguments;
  /// checks their types; the exception itself is thrown; none is removed.
  template <detail::callable_from_sql F>
  task<> create_function(std::string_view name, F f, const function_options& options = {}) {
    return add_function(std::make_unique<detail::typed_function<F>>(name, std::move(f), options));
  }
  /// Lets SQL order texts by `compare`: `ORDER BY x COLLATE name`.
  ///
  /// What it throws is thrown out of the statement. One that writes is undone then, and the
  /// transaction that it is part of with it, since SQLite would not find again what it has put
  /// somewhere without an order. Cancellation, Threads, Lifetime: as `create_function`. Throws:
  /// `error`. Source: sqlite3.Connection.create_collation. Differs: an exception is not lost; none
  /// is removed.
  template <std::convertible_to<collation_order> F>
  task<> create_collation(std::string_view name, F compare) {
    return add_collation(name, collation_order(std::move(compare)));
  }
  /// Closes when all who wait for the connection have had it; who comes later gets
  /// `connection_closed`. Closing again does nothing. Cancellation: until its turn comes. Throws:
  /// `usage_error` inside of this task's transaction, and for a connection of a pool.
  task<> close();

  /// The statement that runs now, if one does, fails with SQLITE_INTERRUPT; its task is not
  /// cancelled. Never waits. Source: sqlite3.Connection.interrupt.
  void interrupt() noexcept {
    if (open_) handle_.interrupt();
  }

  bool is_open() const noexcept { return open_; }

 private:
  friend class statement;
  friend detail::copying;
  friend detail::lender;
  friend detail::transaction;
  friend task<std::unique_ptr<connection>> open(const driver& how, std::string_view path,
                                                const connection_options& options);
  template <class F>
  class piece;
  enum class piece_kind : std::uint8_t { outside, inside, control };

  connection(const driver& how, std::string_view path);

  task<executed> execute_bound(std::string_view sql, detail::bound_values values);
  task<std::vector<row>> query_bound(std::string_view sql, detail::bound_values values);
  task<> query_into(std::string_view sql, detail::bound_values values, detail::row_sink& sink);
  task<> add_function(std::unique_ptr<detail::function> made);
  task<> add_collation(std::string_view name, collation_order compare);
  task<> add_collation(std::unique_ptr<detail::collation> made);
  /// Waits for the connection, unless this task's transaction has it, and calls `f(handle)`.
  template <class F, class T = std::invoke_result_t<F&, detail::handle&>>
  task<T> exclusively(F&& f);
  /// The caller has the connection.
  template <class F, class T = std::invoke_result_t<F&, detail::handle&>>
  task<T> run(piece_kind kind, F&& f);
  bool in_own_transaction() const;
  bool is_of_parent_process() const noexcept { return forks_before_ != detail::fork_count(); }
  /// Throws: `usage_error` in another process than the one that opened it, and on another loop.
  void require_at_home() const;
  void require_open() const;

  std::unique_ptr<detail::executor> executor_;
  std::unique_ptr<detail::handle> owned_handle_;
  detail::handle& handle_ = *owned_handle_;
  const bool executor_queues_ = executor_->queues();
  lock lock_;  // where the executor queues, what was given to it before still goes first
  std::uint64_t transaction_of_ = 0;  // the task that is inside of with_transaction
  std::size_t transaction_levels_ = 0;
  bool open_ = false;
  bool of_pool_ = false;
  const unsigned forks_before_ = detail::fork_count();
  const crossfade::detail::scheduler* const home_ = crossfade::detail::task_state::current().sched;
};

/// Opens the database at `path`, which is made if there is none; ":memory:" is one of its own.
///
/// Cancellation: as a statement; nothing is open then. Throws: `error`.
/// Source: aiosqlite.connect, sqlite3.connect.
task<std::unique_ptr<connection>> open(const driver& how, std::string_view path,
                                       const connection_options& options = {});

}  // namespace crossfade::sqlite
