#include "compat/sqlite/row.hpp"

namespace crossfade::sqlite {

void row::require_size(std::size_t expected) const {
  if (size() != expected) detail::throw_wrong_size(size(), expected, shape_->sql);
}

void row::throw_mismatch(std::size_t column, const char* expected) const {
  detail::throw_wrong_type(column, columns()[column], (*this)[column], expected, shape_->sql);
}

}  // namespace crossfade::sqlite
