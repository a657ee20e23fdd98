#pragma once

#include <boost/pfr/core.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/sqlite/detail/read.hpp"
#include "compat/sqlite/value.hpp"

struct sqlite3_stmt;

namespace crossfade::sqlite::detail {

/// The row that a statement stands on, read where SQLite has it. Part of a connection's work, as
/// all of `handle` is.
class columns {
 public:
  enum class storage : std::uint8_t { null, integer, real, text, bytes };

  explicit columns(sqlite3_stmt* statement) noexcept : statement_(statement) {}

  std::size_t size() const noexcept;
  std::string name(std::size_t column) const;
  storage kind(std::size_t column) const noexcept;
  // What it is of that kind. Text is valid until the next row.
  std::int64_t integer(std::size_t column) const noexcept;
  double real(std::size_t column) const noexcept;
  std::string_view text(std::size_t column) const noexcept;
  /// Whatever it is.
  value get(std::size_t column) const;

  void require_size(std::size_t expected) const;

  /// Throws: `type_error` if it is none.
  template <class T>
  T as(std::size_t column) const {
    static_assert(!is_view<T>, "a column cannot be read as this type: see row");
    const storage held = kind(column);
    if constexpr (is_optional<T>) {
      if (held == storage::null) return std::nullopt;
      return as<typename T::value_type>(column);
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      if (held == storage::integer && std::in_range<T>(integer(column))) [[likely]]
        return static_cast<T>(integer(column));
    } else if constexpr (std::floating_point<T>) {
      if (held == storage::real) return static_cast<T>(real(column));
    } else if constexpr (std::same_as<T, std::string>) {
      if (held == storage::text) return std::string(text(column));
    }
    return read<T>(get(column), place{*this, column});  // the rare, and what it is not
  }

 private:
  struct place {
    const columns& of;
    std::size_t column;
    [[noreturn]] void mismatch(const value& held, const char* expected) const {
      of.throw_mismatch(column, held, expected);
    }
  };
  std::string sql() const;
  [[noreturn]] void throw_mismatch(std::size_t column, const value& held,
                                   const char* expected) const;

  sqlite3_stmt* statement_;
};

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

/// Takes rows, where the statement runs.
class row_sink {
 public:
  row_sink() = default;
  row_sink(const row_sink&) = delete;
  row_sink& operator=(const row_sink&) = delete;
  virtual void take(const columns& row) = 0;

 protected:
  ~row_sink() = default;
};

/// Reads each as a `T`: a tuple, or an aggregate, column by column.
template <class T>
class rows_as final : public row_sink {
 public:
  void take(const columns& row) override {
    if constexpr (is_tuple<T>) {
      row.require_size(std::tuple_size_v<T>);
      rows_.push_back([&]<std::size_t... I>(std::index_sequence<I...>) {
        return T{row.as<std::tuple_element_t<I, T>>(I)...};
      }(std::make_index_sequence<std::tuple_size_v<T>>()));
    } else {
      row.require_size(boost::pfr::tuple_size_v<T>);
      T& made = rows_.emplace_back();
      boost::pfr::for_each_field(made, [&row](auto& member, std::size_t column) {
        member = row.as<std::remove_reference_t<decltype(member)>>(column);
      });
    }
  }
  std::vector<T> give() noexcept { return std::move(rows_); }

 private:
  std::vector<T> rows_;
};

}  // namespace crossfade::sqlite::detail

namespace crossfade::sqlite {

/// What a row is read as by `query_as`: a `std::tuple`, or an aggregate that can be made without
/// arguments, with a member for each column, in their order, and of the types that a `row` is read
/// as.
template <class T>
concept row_type =
    detail::is_tuple<T> || (std::is_aggregate_v<T> && std::is_default_constructible_v<T>);

}  // namespace crossfade::sqlite
