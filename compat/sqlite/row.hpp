#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/sqlite/value.hpp"

namespace crossfade::sqlite {

namespace detail {

struct result_shape {
  std::string sql;
  std::vector<std::string> columns;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

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
  const value& held = (*this)[column];
  if constexpr (std::same_as<T, value>) {
    return held;
  } else if constexpr (detail::is_optional<T>) {
    if (std::holds_alternative<std::nullptr_t>(held)) return std::nullopt;
    return get<typename T::value_type>(column);
  } else if constexpr (std::same_as<T, bool>) {
    if (auto* integer = std::get_if<std::int64_t>(&held)) return *integer != 0;
    throw_mismatch(column, "INTEGER");
  } else if constexpr (std::integral<T>) {
    auto* integer = std::get_if<std::int64_t>(&held);
    if (integer == nullptr) throw_mismatch(column, "INTEGER");
    if (!std::in_range<T>(*integer)) throw_mismatch(column, "an INTEGER of fewer bits or no sign");
    return static_cast<T>(*integer);
  } else if constexpr (std::floating_point<T>) {
    if (auto* real = std::get_if<double>(&held)) return static_cast<T>(*real);
    if (auto* integer = std::get_if<std::int64_t>(&held)) return static_cast<T>(*integer);
    throw_mismatch(column, "REAL");
  } else if constexpr (std::same_as<T, std::string>) {
    if (auto* text = std::get_if<std::string>(&held)) return *text;
    throw_mismatch(column, "TEXT");
  } else {
    static_assert(std::same_as<T, blob>, "a column cannot be read as this type: see row");
    if (auto* bytes = std::get_if<blob>(&held)) return *bytes;
    throw_mismatch(column, "BLOB");
  }
}

}  // namespace crossfade::sqlite
