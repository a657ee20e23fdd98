#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "compat/sqlite/detail/prepared.hpp"

namespace crossfade::sqlite::detail {

class handle;

/// The statements of a connection that were used last, compiled. Part of its work, as all of
/// `handle` is.
class statement_cache {
 public:
  explicit statement_cache(handle& owner) noexcept : owner_(owner) {}

  /// The statement, which is compiled if it is not there; valid until the next call. Throws: as
  /// `prepared`.
  prepared& get(std::string_view sql);
  /// How many stay. At least the last one does.
  void set_capacity(std::size_t statements) noexcept { capacity_ = statements; }
  std::size_t size() const noexcept { return used_.size(); }
  void clear() noexcept;

 private:
  struct entry {
    entry(handle& owner, std::string_view text)
        : sql(text), compiled(owner, sql, prepared::lifetime::kept) {}
    std::string sql;
    prepared compiled;
  };

  handle& owner_;
  std::size_t capacity_ = 0;
  std::list<entry> used_;  // the last one first
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_sql_;
};

}  // namespace crossfade::sqlite::detail
