#include "compat/sqlite/detail/read.hpp"

#include <array>

namespace crossfade::sqlite::detail {

std::string describe(const value& held) {
  static constexpr std::array names{"NULL", "INTEGER", "REAL", "TEXT", "BLOB"};
  static_assert(names.size() == std::variant_size_v<value>);
  std::string name = names[held.index()];
  if (auto* integer = std::get_if<std::int64_t>(&held)) name += " " + std::to_string(*integer);
  return name;
}

}  // namespace crossfade::sqlite::detail
