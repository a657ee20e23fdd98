#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade::flags {

/// Variants that the environment chooses, ahead of what the flag file says.
///
///     CROSSFADE_FLAGS_OVERRIDE="prices=fiber,database=coro"
///
/// Entries are separated by commas, blanks around keys and variants do not count. The text does not
/// say which variants there are: who applies it finds out.
/// Threads: any may read.
class overrides {
 public:
  static constexpr const char* variable = "CROSSFADE_FLAGS_OVERRIDE";

  /// Overrides nothing.
  overrides() = default;

  /// Throws: `flag_error` about `variable`, at the first entry that is wrong.
  static overrides parse(std::string_view text);
  /// Reads `variable`; one that is not set overrides nothing. Throws: as `parse`.
  /// Threads: any, while none changes the environment.
  static overrides from_environment();

  /// The name of the variant chosen for that flag, if one is. Lifetime: the overrides'.
  std::optional<std::string_view> variant_of(std::string_view flag_key) const noexcept;

  /// By flag key, sorted.
  const std::map<std::string, std::string, std::less<>>& entries() const noexcept {
    return variants_;
  }

 private:
  std::map<std::string, std::string, std::less<>> variants_;
};

}  // namespace crossfade::flags
