#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compat/sqlite/detail/read.hpp"
#include "compat/sqlite/value.hpp"

namespace crossfade::sqlite {

namespace detail {

struct result_shape {
  std::string sql;
  std::vector<std::string> columns;
};

}  // namespace detail

/// What a statement did that was run for its effect.
struct executed {
  std::int64_t rows_changed;
  std::int64_t last_insert_rowid;  ///< of the connection, whichever statement inserted last
};

/// One row of a result, read: it stays valid whatever becomes of its statement.
///
/// Columns are read as `bool`, an integer, a floating point number (an INTEGER is one, too),
/// `std::string`, `blob`, `value`, or an `optional` of these where NULL is possible. Throws:
/// `type_error` if the column holds something else, or an integer too large for what it is read as;
/// `std::out_of_range` if there is no such column.
class row {
 public:
  /// The rows of a result share its shape.
  row(std::shared_ptr<const detail::result_shape> shape, std::vector<value> values) noexcept
      : shape_(std::move(shape)), values_(std::move(values)) {}

  template <class T>
  T get(std::size_t column) const;

  /// All columns at once: `auto [id, name] = row.as<int, std::string>();`. Throws: also
  /// `type_error` if the row has more or fewer columns.
  template <class... T>
  std::tuple<T...> as() const {
    require_size(sizeof...(T));
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<T...>{this->get<T>(I)...};
    }(std::index_sequence_for<T...>{});
  }

  std::size_t size() const noexcept { return values_.size(); }
  const value& operator[](std::size_t column) const { return values_.at(column); }
  const std::vector<std::string>& columns() const noexcept { return shape_->columns; }

 private:
  void require_size(std::size_t expected) const;
  [[noreturn]] void throw_mismatch(std::size_t column, const char* expected) const;

  std::shared_ptr<const detail::result_shape> shape_;
  std::vector<value> values_;
};

template <class T>
T row::get(std::size_t column) const {
  static_assert(!detail::is_view<T>, "a column cannot be read as this type: see row");
  struct place {
    const row& of;
    std::size_t column;
    [[noreturn]] void mismatch(const value&, const char* expected) const {
      of.throw_mismatch(column, expected);
    }
  };
  return detail::read<T>((*this)[column], place{*this, column});
}

}  // namespace crossfade::sqlite
