#include "compat/sqlite/detail/read.hpp"

#include <array>

#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

std::string describe(const value& held) {
  static constexpr std::array names{"NULL", "INTEGER", "REAL", "TEXT", "BLOB"};
  static_assert(names.size() == std::variant_size_v<value>);
  std::string name = names[held.index()];
  if (auto* integer = std::get_if<std::int64_t>(&held)) name += " " + std::to_string(*integer);
  return name;
}

void throw_wrong_size(std::size_t columns, std::size_t expected, const std::string& sql) {
  throw type_error("a row has " + std::to_string(columns) + " columns; expected " +
                   std::to_string(expected) + ", in: " + sql);
}

void throw_wrong_type(std::size_t column, const std::string& name, const value& held,
                      const char* expected, const std::string& sql) {
  throw type_error("column " + std::to_string(column) + " '" + name + "' is " + describe(held) +
                   "; expected " + expected + ", in: " + sql);
}

}  // namespace crossfade::sqlite::detail
