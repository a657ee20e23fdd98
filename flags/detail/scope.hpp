#pragma once

#include "flags/detail/datum.hpp"
#include "flags/fractional.hpp"

#include <chrono>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

namespace crossfade::flags::detail {

/// What one evaluation works with.
struct evaluation {
  std::pmr::memory_resource& memory;  ///< for what the rule makes, until the value was used
  fractional_generation generation = fractional_generation::v2;
};

/// The data of a flag's evaluation: the context and flagd's own members.
class root_data {
 public:
  root_data(std::span<const member> members, std::string_view flag_key,
            std::optional<std::chrono::sys_seconds> now)
      : members_(members), flag_key_(flag_key), now_(now) {}

  datum find(std::string_view name, evaluation& with) const;
  datum whole(evaluation& with) const;
  std::string_view flag_key() const { return flag_key_; }

 private:
  datum flagd(evaluation& with) const;

  std::span<const member> members_;
  std::string_view flag_key_;
  std::optional<std::chrono::sys_seconds> now_;
};

/// What `var` is relative to: the root data, or a member of the list that is being walked.
class scope {
 public:
  explicit scope(const root_data& root) : root_(&root) {}
  explicit scope(const datum& data) : data_(data) {}

  bool is_object() const { return root_ != nullptr || data_.is(kind::object); }
  /// All of it.
  datum whole(evaluation& with) const { return root_ ? root_->whole(with) : data_; }
  /// The member of that name, which is no path; null if there is none.
  datum member(std::string_view name, evaluation& with) const;
  /// What `at` gives for "$flagd.flagKey", without the clock being read for what is beside it.
  datum flag_key(evaluation& with) const;
  /// What is at the path, null if nothing is.
  datum at(std::string_view path, evaluation& with) const;

 private:
  const root_data* root_ = nullptr;
  datum data_;
};

}  // namespace crossfade::flags::detail
