#pragma once

#include "flags/detail/json.hpp"
#include "flags/detail/program.hpp"

#include <cstddef>
#include <memory>

namespace crossfade::flags::detail {

/// Puts the shared rules, the members of `evaluators`, in place of the references to them.
///
/// As in flagd, a shared rule refers to no other, and a reference to what is not there stays.
class references {
 public:
  /// `evaluators` is null, or an object that outlives this.
  explicit references(const json* evaluators) : evaluators_(evaluators) {}

  /// The rule without references; null if it became too large, as it may with shared rules many
  /// times the file.
  std::unique_ptr<json> resolve(const json& rule);

 private:
  bool copy(const json& from, json& to, bool shared);
  const json* referred(const json& node) const;

  const json* evaluators_;
  std::size_t budget_ = 1'000'000;  // of values in the document
};

/// What evaluates as the rule, whose references were resolved, says. What is wrong with a rule
/// makes it fail there, when evaluation comes to it.
program compile(const json& rule);

}  // namespace crossfade::flags::detail
