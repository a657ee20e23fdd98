#include "compat/sqlite/detail/statement_cache.hpp"

namespace crossfade::sqlite::detail {

prepared& statement_cache::get(std::string_view sql) {
  if (const auto found = by_sql_.find(sql); found != by_sql_.end()) {
    used_.splice(used_.begin(), used_, found->second);
    return used_.front().compiled;
  }
  used_.emplace_front(owner_, sql);
  try {
    by_sql_.emplace(used_.front().sql, used_.begin());
  } catch (...) {
    used_.pop_front();
    throw;
  }
  if (used_.size() > capacity_ && used_.size() > 1) {
    by_sql_.erase(used_.back().sql);
    used_.pop_back();
  }
  return used_.front().compiled;
}

void statement_cache::clear() noexcept {
  by_sql_.clear();
  used_.clear();
}

}  // namespace crossfade::sqlite::detail
