#pragma once

#include <array>
#include <utility>
#include <vector>

#include "compat/sqlite/detail/bound.hpp"
#include "compat/sqlite/detail/columns.hpp"
#include "compat/sqlite/row.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

class connection;

namespace detail {
class prepared;
}

/// A statement compiled by `connection::prepare`, to be run many times. Move-only.
///
/// Order, cancellation and errors are those of its connection. Lifetime: the connection outlives
/// it.
class statement {
 public:
  statement(statement&& other) noexcept
      : owner_(other.owner_), prepared_(std::exchange(other.prepared_, nullptr)) {}
  statement& operator=(statement&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(prepared_, other.prepared_);
    return *this;
  }
  ~statement();

  template <bindable... V>
  task<executed> execute(const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    co_return co_await execute_bound(bound);
  }
  template <bindable... V>
  task<std::vector<row>> query(const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    co_return co_await query_bound(bound);
  }
  /// As `query`, and reads each row as a `T`: `connection::query_as`, which see.
  template <row_type T, bindable... V>
  task<std::vector<T>> query_as(const V&... values) {
    const std::array<detail::bound, sizeof...(V)> bound{detail::bind(values)...};
    detail::rows_as<T> rows;
    co_await query_into(bound, rows);
    co_return rows.give();
  }

 private:
  friend connection;
  statement(connection& owner, detail::prepared& compiled) noexcept
      : owner_(&owner), prepared_(&compiled) {}
  task<executed> execute_bound(detail::bound_values values);
  task<std::vector<row>> query_bound(detail::bound_values values);
  task<> query_into(detail::bound_values values, detail::row_sink& sink);

  connection* owner_;
  detail::prepared* prepared_;
};

}  // namespace crossfade::sqlite
