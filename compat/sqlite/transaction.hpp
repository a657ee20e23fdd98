#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/sqlite/connection.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

namespace detail {

/// A task's hold on a connection, and what it says to SQLite: a transaction, or inside of one of
/// the same task a savepoint.
class transaction {
 public:
  /// Waits for the connection, unless this task's transaction has it.
  static task<transaction> enter(connection& owner);
  transaction(transaction&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        guard_(std::move(other.guard_)),
        level_(other.level_) {}
  transaction& operator=(transaction&&) = delete;
  ~transaction();

  task<> begin();
  task<> commit();
  /// Not cancelled, and nothing where SQLite has rolled back by itself.
  task<> roll_back();

 private:
  transaction(connection& owner, std::optional<lock::guard>&& guard) noexcept;

  connection* owner_;
  std::optional<lock::guard> guard_;  // of the outermost
  std::size_t level_;                 // 0: the outermost
  bool begun_ = false;
};

}  // namespace detail

/// Runs `body()`, of either text, as part of the running task and inside of a transaction that may
/// write: what it did is committed when it returns, and undone when anything is thrown out of it, a
/// cancellation and what is no `std::exception` included.
///
/// The task has the connection from beginning to end, whatever else `body` waits for: others wait
/// for it, also tasks that `body` spawns. Its statements are run through the connection as usual.
/// Inside of a transaction of the same task it is a savepoint: what is thrown out of `body` undoes
/// what `body` did, and the transaction goes on if it is caught; what it did is committed when the
/// outermost returns. Cancellation: reaches the waits of `body`, the begin and the commit, not the
/// rollback. Lifetime: `body` is used where it stands. Throws: what `body` throws; `error` if the
/// transaction cannot begin or commit, which after an SQLITE_IOERR of the commit may have been
/// written all the same, and inside of one that was undone because a savepoint could not be;
/// `usage_error` inside of a transaction that SQLite has ended otherwise.
/// Source: `async with connection` of aiosqlite. Differs: begins by itself, BEGIN IMMEDIATE; a
/// cancellation rolls back; nests.
template <class Body, class T = crossfade::detail::result_of<Body>>
task<T> with_transaction(connection& on, Body&& body) {
  detail::transaction held = co_await detail::transaction::enter(on);
  crossfade::detail::result<T> outcome;
  std::exception_ptr failure;
  try {
    co_await held.begin();
    if constexpr (std::is_void_v<T>) {
      if constexpr (crossfade::detail::is_coroutine_text<Body>) {
        co_await std::invoke(body);
      } else {
        std::invoke(body);
      }
      outcome.set_value();
    } else if constexpr (crossfade::detail::is_coroutine_text<Body>) {
      outcome.set_value(co_await std::invoke(body));
    } else {
      outcome.set_value(std::invoke(body));
    }
    co_await held.commit();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure != nullptr) {
    co_await held.roll_back();
    std::rethrow_exception(failure);
  }
  co_return outcome.take();
}

}  // namespace crossfade::sqlite
