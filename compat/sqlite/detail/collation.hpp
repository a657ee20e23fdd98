#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "compat/sqlite/collation.hpp"

namespace crossfade::sqlite::detail {

class handle;

/// An order of texts that SQLite asks for. Part of a connection's work, as all of `handle` is.
class collation {
 public:
  collation(std::string_view name, collation_order compare)
      : name_(name), compare_(std::move(compare)) {}

  /// Gives it to SQLite, which destroys it when it is replaced and at close.
  static void add(handle& to, std::unique_ptr<collation> made);

 private:
  static int on_compare(void* self, int size_a, const void* a, int size_b, const void* b) noexcept;

  const std::string name_;
  const collation_order compare_;
  handle* owner_ = nullptr;
};

}  // namespace crossfade::sqlite::detail
