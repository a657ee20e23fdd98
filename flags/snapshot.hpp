#pragma once

#include "flags/context.hpp"
#include "flags/fractional.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace crossfade::flags {

class flag_error;
struct kill_switch;
class overrides;

namespace detail {
struct program;
}

/// A JSON object, list or null, kept as its text.
struct json_text {
  std::string text;
  bool operator==(const json_text&) const = default;
};

/// What a variant or a piece of metadata holds. JSON has one type of number.
using json_value = std::variant<bool, double, std::string, json_text>;

/// The value as JSON text.
std::string to_json(const json_value& value);

using metadata_map = std::map<std::string, json_value, std::less<>>;

struct variant {
  std::string name;
  json_value value;
  bool operator==(const variant&) const = default;
};

/// Whose word a flag follows. The kill switch goes before the environment, that before the file.
enum class authority {
  file,
  environment,  ///< an override names the variant; the rule does not count
  kill_switch,  ///< disabled, so that the caller's fallback applies
};

std::string_view to_string(authority authority) noexcept;  ///< "file", "environment", "kill switch"

/// One flag as its file defines it, unless another authority has changed it.
struct flag {
  std::string key;
  std::string pointer;  ///< where it stands in its file, as a JSON pointer
  bool enabled = false;
  std::vector<variant> variants;               ///< in the file's order
  std::optional<std::size_t> default_variant;  ///< a position in `variants`
  metadata_map metadata;                       ///< the file's, overlaid by the flag's
  std::string targeting;  ///< the rule as JSON, shared rules put in; empty if there is none
  std::shared_ptr<const detail::program> rule;  ///< the same, compiled; shared by copies
  authority decided_by = authority::file;

  /// Never throws, and allocates nothing.
  bool has_variant(std::string_view name) const noexcept;
};

/// Why an evaluation gave the value it gave, in OpenFeature's words.
enum class reason {
  static_value,     ///< STATIC: the default variant, as there is no rule
  default_value,    ///< DEFAULT: the rule decided nothing, or there is no default variant
  targeting_match,  ///< TARGETING_MATCH: the rule named the variant, by a percentage too
  disabled,         ///< DISABLED: the caller's value
  error,            ///< ERROR: the caller's value
};

enum class error_code {
  flag_not_found,  ///< FLAG_NOT_FOUND
  parse_error,     ///< PARSE_ERROR: the rule cannot be evaluated
  type_mismatch,   ///< TYPE_MISMATCH: the variant's value is not of the type asked for
  general,         ///< GENERAL: the rule gave what is no variant's name, or there was no memory
};

std::string_view to_string(reason reason) noexcept;    ///< "STATIC", ...
std::string_view to_string(error_code code) noexcept;  ///< "FLAG_NOT_FOUND", ...

/// The outcome of an evaluation.
///
/// Lifetime: views and `metadata` refer to the snapshot, `value` perhaps to the caller's fallback.
template <typename Value>
struct details {
  Value value;
  std::optional<std::string_view> variant;  ///< unset if `value` is the caller's
  flags::reason reason;
  std::optional<error_code> error;  ///< set if `reason` is ERROR
  const metadata_map& metadata;     ///< the flag's; the file's if there is no such flag
};

/// The flags of one file at one moment: validated as a whole, never changed afterwards.
///
/// Evaluation never throws: whatever is wrong, the caller's fallback is the value. It takes no lock
/// and allocates only for a rule that makes texts or lists of more than a thousand bytes, up to
/// 16 MiB; a rule that wants more fails with GENERAL.
/// Threads: any, at the same time.
/// Source: flagd's file format and rules, OpenFeature's evaluation details. Differs: a misspelt
/// `state` is refused; numbers are given only if nothing is lost.
class snapshot {
 public:
  /// No flags.
  snapshot() = default;
  snapshot(snapshot&&) = default;
  snapshot& operator=(snapshot&&) = default;

  /// Reads a flagd document; `name` stands for it in errors.
  /// Throws: `flag_error`, at the first thing that is wrong. A rule that cannot be evaluated is no
  /// such thing: its flag answers PARSE_ERROR.
  static snapshot parse(std::string_view json, std::string name,
                        fractional_generation generation = fractional_generation::v2);

  /// Reads a flagd file.
  /// Throws: `flag_error`, also if the file cannot be read.
  static snapshot load(const std::filesystem::path& path,
                       fractional_generation generation = fractional_generation::v2);

  /// The same flags, of which some are killed and others held to a variant. Adds to `refused` each
  /// override that names what there is not, and leaves its flag as it is.
  snapshot forced(const kill_switch& killed, const overrides& held,
                  std::vector<flag_error>& refused) const;

  details<bool> boolean(std::string_view key, bool fallback,
                        const context& context = {}) const noexcept;
  details<std::string_view> string(std::string_view key, std::string_view fallback,
                                   const context& context = {}) const noexcept;
  /// Whole numbers up to 2^53 - 1 either way; 10.0 is one, 10.5 is a TYPE_MISMATCH.
  details<std::int64_t> integer(std::string_view key, std::int64_t fallback,
                                const context& context = {}) const noexcept;
  /// Numbers up to 2^53 - 1 either way.
  details<double> number(std::string_view key, double fallback,
                         const context& context = {}) const noexcept;
  /// JSON objects, as text.
  details<std::string_view> object(std::string_view key, std::string_view fallback,
                                   const context& context = {}) const noexcept;

  const std::string& name() const noexcept { return name_; }
  /// All flags, sorted by key.
  std::span<const flag> flags() const noexcept { return flags_; }
  /// The flag of that key, or null.
  const flag* find(std::string_view key) const noexcept;
  /// The flag of that key. Throws: `flag_error` if there is none, with those that there are.
  const flag& at(std::string_view key) const;
  /// The metadata of the file itself.
  const metadata_map& metadata() const noexcept { return metadata_; }
  fractional_generation fractional() const noexcept { return generation_; }

 private:
  void index();
  template <auto As, typename Value>
  details<Value> evaluate(std::string_view key, Value fallback,
                          const context& context) const noexcept;

  std::string name_;
  std::vector<flag> flags_;
  std::unordered_map<std::string_view, const flag*> by_key_;
  metadata_map metadata_;
  fractional_generation generation_ = fractional_generation::v2;
};

/// The keys of the flags that were added, removed, or say something else now, sorted.
std::vector<std::string> changed_keys(const snapshot& before, const snapshot& after);

/// What `string` may give for the flag as it is now, whatever the context: its default variant's
/// value, or with a rule that of each variant, in the file's order. An empty one stands for the
/// caller's fallback; of a flag that is absent, disabled or without a default variant.
std::vector<std::string> possible_strings(const snapshot& snapshot, std::string_view key);

/// A check for `file_options::accept`: every value of every flag is one of these strings.
std::function<void(const snapshot&)> string_values_must_be(std::vector<std::string> expected);

}  // namespace crossfade::flags
