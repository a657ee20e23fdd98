#include "flags/validate.hpp"

#include "flags/detail/document_check.hpp"
#include "flags/detail/json.hpp"
#include "flags/detail/objections.hpp"
#include "flags/detail/rule_check.hpp"
#include "flags/errors.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace crossfade::flags {
namespace {

using detail::find_member;
using detail::json;
using detail::place;

class rules {
 public:
  rules(const json& root, const detail::objections& object_to)
      : object_to_(object_to), shared_(find_member(root, "$evaluators")) {
    if (shared_ != nullptr && !shared_->is_object()) shared_ = nullptr;
  }

  void check_shared() const {
    if (shared_ == nullptr) return;
    const place at = place::document() / "$evaluators";
    for (const auto& [name, rule] : shared_->items()) {
      if (!rule.is_null()) detail::check_shared_rule(rule, at / name, object_to_);
    }
  }

  void check_those_of(const json& flags) const {
    const place at = place::document() / "flags";
    if (flags.is_object()) {
      for (const auto& [key, flag] : flags.items()) check_that_of(flag, at / key);
    } else if (flags.is_array()) {
      for (std::size_t i = 0; i < flags.size(); ++i) {
        const std::string position = std::to_string(i);
        check_that_of(flags[i], at / position);
      }
    }
  }

 private:
  void check_that_of(const json& flag, const place& at) const {
    if (!flag.is_object()) return;
    const json* rule = find_member(flag, "targeting");
    if (rule == nullptr) return;
    const json* variants = find_member(flag, "variants");
    detail::check_rule(*rule, at / "targeting", variants != nullptr ? *variants : json(), shared_,
                       object_to_);
  }

  const detail::objections& object_to_;
  const json* shared_;
};

}  // namespace

std::string to_string(const violation& violation) {
  std::string text = violation.file + ": ";
  text += violation.severity == severity::error ? "error: " : "warning: ";
  if (!violation.pointer.empty()) text += violation.pointer + ' ';
  text += violation.message;
  if (!violation.why.empty()) text += " (" + violation.why + ')';
  return text;
}

std::vector<violation> validate(std::string_view text, const std::string& name, schema schema) {
  std::vector<violation> found;
  json root;
  try {
    root = detail::parse_json(text, name);
  } catch (const flag_error& error) {
    found.push_back({severity::error, name, error.pointer(), error.message(), {}});
    return found;
  }
  const detail::objections note = [&](severity severity, const place& at,
                                      const std::string& message, std::string_view why) {
    found.push_back({severity, name, at.pointer(), message, std::string(why)});
  };
  detail::check_document(root, schema, note);
  if (!root.is_object()) return found;
  const rules rules(root, note);
  rules.check_shared();
  if (const json* flags = find_member(root, "flags")) rules.check_those_of(*flags);
  return found;
}

}  // namespace crossfade::flags
