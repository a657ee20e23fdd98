#pragma once

#include "flags/errors.hpp"
#include "flags/snapshot.hpp"
#include "flags/stage.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace crossfade::flags {

/// A flag has a rule that somebody wrote by hand, and an edit would undo it.
class foreign_rule : public flag_error {
 public:
  using flag_error::flag_error;
};

/// What becomes of a rule by hand that is in the way.
enum class by_hand {
  keep,     ///< the edit throws `foreign_rule`
  replace,  ///< it is lost
};

/// A flagd document, edited as a text: what is not edited stays byte for byte, members that are not
/// known, their order and white space too.
///
/// After each edit the document is one that loads; an edit that throws leaves it as it was.
/// Threads: one at a time.
class editor {
 public:
  /// `name` stands for the document in errors.
  /// Throws: `flag_error` if it does not load, or if an object has a member twice.
  editor(std::string text, std::string name);

  const std::string& text() const noexcept { return text_; }
  /// What the text says now; valid until the next edit.
  const snapshot& current() const noexcept { return *current_; }

  // All of these throw `flag_error` if there is no such flag, or it has no such variant.

  /// The variant for whom the rule does not choose another.
  void set_default(std::string_view key, std::string_view variant);
  /// The variant for everybody: the default, without a rule.
  void set_for_all(std::string_view key, std::string_view variant, by_hand rule = by_hand::keep);
  void set_enabled(std::string_view key, bool enabled);
  /// The share of targeting keys that get `coro`; the others get `fiber`, and who has none gets the
  /// default. Growing a share takes `coro` from nobody. In a canary's rule only the weights change.
  void set_rollout(std::string_view key, const share& coro, by_hand rule = by_hand::keep);
  /// A further variant, whose value is its name. Throws: `flag_error` if there is one.
  void add_variant(std::string_view key, std::string_view name);
  /// Without that variant. Throws: `flag_error` if it is the default, or there is a rule, which may
  /// name it.
  void remove_variant(std::string_view key, std::string_view name);

 private:
  const flag& require(std::string_view key, std::string_view variant) const;
  void refuse_by_hand(const flag& flag) const;
  void adopt(std::string text);

  std::string name_;
  std::string text_;
  std::unique_ptr<const snapshot> current_;
};

}  // namespace crossfade::flags
