#include "compat/sqlite/row.hpp"

#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite {

void row::require_size(std::size_t expected) const {
  if (size() == expected) return;
  throw type_error("a row has " + std::to_string(size()) + " columns; expected " +
                   std::to_string(expected) + ", in: " + shape_->sql);
}

void row::throw_mismatch(std::size_t column, const char* expected) const {
  throw type_error("column " + std::to_string(column) + " '" + columns()[column] + "' is " +
                   detail::describe((*this)[column]) + "; expected " + expected +
                   ", in: " + shape_->sql);
}

}  // namespace crossfade::sqlite
