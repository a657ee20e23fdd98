#include "compat/sqlite/detail/bound.hpp"

#include <string>

#include "compat/errors.hpp"

namespace crossfade::sqlite::detail {

void throw_too_large(std::uint64_t integer) {
  throw usage_error("a parameter is " + std::to_string(integer) +
                    "; expected at most 2^63 - 1, SQLite's largest INTEGER");
}

}  // namespace crossfade::sqlite::detail
