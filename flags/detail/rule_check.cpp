#include "flags/detail/rule_check.hpp"

#include "flags/detail/sem_ver.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace crossfade::flags::detail {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

constexpr std::string_view inside_list = "the schema does not look there, evaluation does";
constexpr std::string_view no_rule = "only an object with one member is evaluated";
constexpr std::string_view no_flagd_member = "there is no such value";

/// An operator that takes a list of so many values.
struct counted {
  std::string_view name;
  std::size_t least;
  std::size_t most;
};

constexpr std::array counted_operators = {
    counted{"if", 1, any_number},
    counted{"==", 2, 2},
    counted{"===", 2, 2},
    counted{"!=", 2, 2},
    counted{"!==", 2, 2},
    counted{">", 2, 2},
    counted{">=", 2, 2},
    counted{"%", 2, 2},
    counted{"/", 2, 2},
    counted{"map", 2, 2},
    counted{"filter", 2, 2},
    counted{"all", 2, 2},
    counted{"none", 2, 2},
    counted{"some", 2, 2},
    counted{"in", 2, 2},
    counted{"substr", 2, 3},
    counted{"<", 2, 3},
    counted{"<=", 2, 3},
    counted{"reduce", 3, 3},
    counted{"*", 2, any_number},
    counted{"or", 1, any_number},
    counted{"and", 1, any_number},
    counted{"+", 1, any_number},
    counted{"-", 1, any_number},
    counted{"max", 1, any_number},
    counted{"min", 1, any_number},
    counted{"merge", 1, any_number},
    counted{"cat", 1, any_number},
};

const counted* find_counted(std::string_view name) {
  const auto found = std::find_if(counted_operators.begin(), counted_operators.end(),
                                  [&](const counted& entry) { return entry.name == name; });
  return found == counted_operators.end() ? nullptr : &*found;
}

std::string counts(std::size_t least, std::size_t most) {
  const std::string text = std::to_string(least);
  if (most == any_number) return "at least " + text;
  return least == most ? text : text + " or " + std::to_string(most);
}

bool is_reference(const json& node) {
  return node.is_object() && node.size() == 1 && node.begin().key() == "$ref";
}

bool is_bad_path(std::string_view path) {
  return path.starts_with("$flagd.") && path != "$flagd.flagKey" && path != "$flagd.timestamp";
}

/// As the schema has it: without a `v`, and nothing left out.
bool is_full_version(const std::string& text) {
  const std::string_view core = std::string_view(text).substr(0, text.find_first_of("-+"));
  return version::parse(text) && !text.starts_with('v') && !text.starts_with('V') &&
         std::count(core.begin(), core.end(), '.') == 2;
}

class rule_check {
 public:
  rule_check(const json* evaluators, bool is_shared, const objections& object_to)
      : evaluators_(evaluators), is_shared_(is_shared), object_to_(object_to) {}

  /// What stands for itself: the rule of a flag, of $evaluators.
  void root(const json& node, const place& at) {
    if (!node.is_object()) return object(at, node, "a rule");
    if (!node.empty()) only_rule(node, at);
  }

  /// What the rule answers with, where it can be seen: names of variants.
  void results(const json& node, const place& at, const json& variants) {
    if (node.is_string() || node.is_boolean()) {
      const std::string name = node.is_string() ? node.get<std::string>() : node.dump();
      if (variants.contains(name)) return;
      return object(at, node, "one of its variants: " + quoted_list(names_of(variants)),
                    "the caller's default is taken instead");
    }
    if (!node.is_object() || node.size() != 1) return;
    const std::string& name = node.begin().key();
    const json& arguments = node.begin().value();
    if (!arguments.is_array()) return;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string position = std::to_string(i);
      const place list = at / name;
      const place here = list / position;
      const bool is_branch = i % 2 == 1 || i + 1 == arguments.size();
      if (name == "if" && is_branch) {
        results(arguments[i], here, variants);
      } else if (name == "fractional" && arguments[i].is_array() && !arguments[i].empty()) {
        results(arguments[i][0], here / "0", variants);
      }
    }
  }

 private:
  /// Within its lifetime, objections have that reason.
  class because {
   public:
    because(rule_check& check, std::string_view why) : check_(check), before_(check.why_) {
      if (check.why_.empty()) check.why_ = why;
    }
    because(const because&) = delete;
    ~because() { check_.why_ = before_; }

   private:
    rule_check& check_;
    const std::string_view before_;
  };

  void say(const place& at, const std::string& message, std::string_view why = {}) const {
    object_to_(severity::warning, at, message, why_.empty() ? why : why_);
  }
  void object(const place& at, const json& node, const std::string& expected,
              std::string_view why = {}) const {
    say(at, "is " + describe(&node) + "; expected " + expected, why);
  }

  /// An argument: a rule, or what stands for itself.
  void value(const json& node, const place& at) {
    if (node.is_array()) {
      const because of(*this, inside_list);
      each(node, at);
    } else if (is_reference(node)) {
      reference(node.begin().value(), at);
    } else if (node.is_object() && node.empty()) {
      object(at, node, "a rule or a value");
    } else if (node.is_object()) {
      rule(node, at);
    }
  }

  void each(const json& nodes, const place& at) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::string position = std::to_string(i);
      value(nodes[i], at / position);
    }
  }

  /// A rule where the schema has no reference.
  void only_rule(const json& node, const place& at) {
    if (node.empty()) {
      object(at, node, "a rule", no_rule);
    } else if (is_reference(node)) {
      say(at, "is a reference; expected a rule: references stand among the arguments of another");
      reference(node.begin().value(), at);
    } else {
      rule(node, at);
    }
  }

  void reference(const json& name, const place& at) const {
    if (!name.is_string()) return object(at / "$ref", name, "a string");
    if (is_shared_) {
      return say(at, "refers to " + name.dump() + "; expected no reference in a shared rule",
                 "it is not followed, and the rule fails");
    }
    const auto& wanted = name.get_ref<const std::string&>();
    if (evaluators_ != nullptr && evaluators_->contains(wanted)) return;
    say(at, "refers to " + name.dump() + "; expected a member of $evaluators", "the rule fails");
  }

  void rule(const json& node, const place& at) {
    if (node.size() > 1) {
      say(at, "has " + std::to_string(node.size()) + " members; expected one, an operator",
          no_rule);
    }
    for (const auto& [name, arguments] : node.items()) operation(name, arguments, at);
  }

  void operation(const std::string& name, const json& arguments, const place& parent) {
    const place at = parent / name;
    if (const counted* op = find_counted(name)) {
      if (is_list(arguments, op->least, op->most, at)) each(arguments, at);
    } else if (name == "!" || name == "!!") {
      value(arguments, at);
    } else if (name == "var") {
      variable(arguments, at);
    } else if (name == "missing") {
      names(arguments, at);
    } else if (name == "missing_some") {
      missing_some(arguments, at);
    } else if (name == "starts_with" || name == "ends_with") {
      texts(arguments, at);
    } else if (name == "sem_ver") {
      versions(arguments, at);
    } else if (name == "fractional") {
      fractional(arguments, at);
    } else {
      say(parent, "has the operator " + quoted(name) + "; expected one that flagd has");
    }
  }

  bool is_list(const json& node, std::size_t least, std::size_t most, const place& at) const {
    if (!node.is_array()) {
      object(at, node, "a list of arguments");
      return false;
    }
    if (node.size() < least || node.size() > most) {
      say(at, "has " + std::to_string(node.size()) + " arguments; expected " + counts(least, most));
    }
    return true;
  }

  void variable(const json& node, const place& at) {
    const bool has_default = node.is_array();
    const json& path = has_default && !node.empty() ? node[0] : node;
    if (path.is_string() && is_bad_path(path.get_ref<const std::string&>())) {
      object(at, path, R"("$flagd.flagKey" or "$flagd.timestamp")",
             has_default ? no_flagd_member : std::string_view());
    }
    const because of(*this, inside_list);
    value(node, at);
  }

  void names(const json& node, const place& at) const {
    if (!node.is_array()) return object(at, node, "a list of names");
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string position = std::to_string(i);
      if (!node[i].is_string()) object(at / position, node[i], "a name");
    }
  }

  void missing_some(const json& node, const place& at) const {
    if (!is_list(node, 2, 2, at) || node.size() < 2) return;
    if (!node[0].is_number()) object(at / "0", node[0], "a number");
    names(node[1], at / "1");
  }

  void texts(const json& node, const place& at) {
    if (!is_list(node, 2, 2, at)) return;
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string position = std::to_string(i);
      if (node[i].is_object()) {
        only_rule(node[i], at / position);
      } else if (!node[i].is_string()) {
        object(at / position, node[i], "a string or a rule");
      }
    }
  }

  void versions(const json& node, const place& at) {
    if (!is_list(node, 3, 3, at) || node.size() < 3) return;
    one_version(node[0], at / "0");
    constexpr std::array<std::string_view, 8> comparisons = {"=",  "!=", ">", "<",
                                                             ">=", "<=", "~", "^"};
    const bool known = std::any_of(comparisons.begin(), comparisons.end(),
                                   [&](std::string_view name) { return node[1] == name; });
    if (!known) object(at / "1", node[1], "one of " + quoted_list(comparisons));
    one_version(node[2], at / "2");
  }

  void one_version(const json& node, const place& at) {
    if (node.is_object() && node.empty()) return object(at, node, "a version", no_rule);
    if (node.is_object() && node.size() == 1 && node.begin().key() == "var") {
      return variable(node.begin().value(), at / "var");
    }
    const bool full = node.is_string() && is_full_version(node.get_ref<const std::string&>());
    if (!full) object(at, node, R"(a version as in "1.2.3", or a "var")");
  }

  void fractional(const json& node, const place& at) {
    if (!is_list(node, 1, any_number, at)) return;
    bool any_bucket = false;
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string position = std::to_string(i);
      if (i == 0 && node[i].is_object()) {
        only_rule(node[i], at / position);
      } else if (node[i].is_array()) {
        any_bucket = true;
        bucket(node[i], at / position);
      } else {
        object(at / position, node[i],
               i == 0 ? "a rule for the key, or a variant and its weight"
                      : "a list: a variant and its weight");
      }
    }
    if (!any_bucket && !node.empty()) {
      say(at, "has no variants; expected at least one", "so none is chosen");
    }
  }

  void bucket(const json& node, const place& at) {
    if (node.empty() || node.size() > 2) {
      say(at, "has " + std::to_string(node.size()) + " members; expected a variant and its weight");
    }
    if (!node.empty()) value(node[0], at / "0");
    if (node.size() > 1) weight(node[1], at / "1");
  }

  void weight(const json& node, const place& at) {
    if (node.is_object()) return only_rule(node, at);
    const bool whole = node.is_number() && node.get<double>() >= 0 &&
                       node.get<double>() == std::trunc(node.get<double>());
    if (!whole) return object(at, node, "a whole number, 0 or more, or a rule");
    constexpr double most = std::numeric_limits<std::int32_t>::max();
    if (node.get<double>() > most) {
      object(at, node, "at most 2147483647", "no variant is chosen at all");
    }
  }

  const json* evaluators_;
  const bool is_shared_;
  const objections& object_to_;
  std::string_view why_;
};

}  // namespace

void check_rule(const json& rule, const place& at, const json& variants, const json* evaluators,
                const objections& object_to) {
  rule_check check(evaluators, false, object_to);
  check.root(rule, at);
  if (rule.is_object() && variants.is_object()) check.results(rule, at, variants);
}

void check_shared_rule(const json& rule, const place& at, const objections& object_to) {
  rule_check(nullptr, true, object_to).root(rule, at);
}

}  // namespace crossfade::flags::detail
