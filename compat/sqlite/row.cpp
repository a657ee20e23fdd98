#include "compat/sqlite/row.hpp"

#include <array>

#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite {

namespace {

std::string storage_class(const value& held) {
  static constexpr std::array names{"NULL", "INTEGER", "REAL", "TEXT", "BLOB"};
  static_assert(names.size() == std::variant_size_v<value>);
  std::string name = names[held.index()];
  if (auto* integer = std::get_if<std::int64_t>(&held)) name += " " + std::to_string(*integer);
  return name;
}

}  // namespace

void row::require_size(std::size_t expected) const {
  if (size() == expected) return;
  throw type_error("a row has " + std::to_string(size()) + " columns; expected " +
                   std::to_string(expected) + ", in: " + shape_->sql);
}

void row::throw_mismatch(std::size_t column, const char* expected) const {
  throw type_error("column " + std::to_string(column) + " '" + columns()[column] + "' is " +
                   storage_class((*this)[column]) + "; expected " + expected +
                   ", in: " + shape_->sql);
}

}  // namespace crossfade::sqlite
