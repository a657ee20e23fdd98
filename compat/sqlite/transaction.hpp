#pragma once

#include <exception>
#include <functional>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/sqlite/connection.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

namespace detail {

/// A task's hold on a connection, and what it says to SQLite.
class transaction {
 public:
  /// Waits for the connection. Throws: `usage_error` inside of this task's transaction.
  static task<transaction> enter(connection& owner);
  transaction(transaction&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), guard_(std::move(other.guard_)) {}
  transaction& operator=(transaction&&) = delete;
  ~transaction() {
    if (owner_ != nullptr) owner_->transaction_of_ = 0;
  }

  task<> begin();
  task<> commit();
  /// Not cancelled, and nothing where SQLite has rolled back by itself.
  task<> roll_back();

 private:
  transaction(connection& owner, lock::guard&& guard) noexcept;

  connection* owner_;
  lock::guard guard_;
};

}  // namespace detail

/// Runs `body()`, of either text, as part of the running task and inside of a transaction that may
/// write: what it did is committed when it returns, and undone when anything is thrown out of it, a
/// cancellation and what is no `std::exception` included.
///
/// The task has the connection from beginning to end, whatever else `body` waits for: others wait
/// for it, also tasks that `body` spawns. Its statements are run through the connection as usual.
/// Cancellation: reaches the waits of `body`, the begin and the commit, not the rollback. Lifetime:
/// `body` is used where it stands. Throws: what `body` throws; `error` if the transaction cannot
/// begin or commit; `usage_error` if this task has one on the connection already.
/// Source: `async with connection` of aiosqlite. Differs: begins by itself, BEGIN IMMEDIATE; a
/// cancellation rolls back.
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
