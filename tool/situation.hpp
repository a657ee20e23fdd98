#pragma once

#include "tool/common.hpp"

#include "flags/context.hpp"
#include "flags/errors.hpp"
#include "flags/explanation.hpp"
#include "flags/kill_switch.hpp"
#include "flags/overrides.hpp"
#include "flags/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::tool {

/// Who has the last word about a flag; the first that says something has.
enum class decider { kill_switch, environment, file, code };

std::string_view to_string(decider decider);  ///< as a person says it

struct decision {
  decider by;
  flags::answer answer;
};

/// All that decides about the flags, at one moment.
class situation {
 public:
  /// A file that does not load is a part of it.
  explicit situation(const common& options);

  /// The flags of the file. Throws: `flag_error`, why there are none.
  const flags::snapshot& file() const;
  const std::string& content_hash() const noexcept { return content_hash_; }

  /// A kill switch that is no text covers everything.
  const flags::kill_switch& killed() const noexcept { return killed_; }
  const std::optional<flags::flag_error>& kill_error() const noexcept { return kill_error_; }
  /// The variant that the environment holds the flag to; none if it is killed.
  std::optional<std::string> override_of(std::string_view key) const;
  /// Overrides that do not count, and why.
  const std::vector<flags::flag_error>& refused_overrides() const noexcept {
    return refused_overrides_;
  }

  /// Throws: `flag_error` if it takes the file, and there is none.
  decision decide(std::string_view key, const flags::context& context = {}) const;

 private:
  std::optional<flags::snapshot> file_;
  std::optional<flags::flag_error> file_error_;
  std::string content_hash_;
  flags::kill_switch killed_;
  std::optional<flags::flag_error> kill_error_;
  flags::snapshot in_force_;  // the file's flags, as far as it decides
  std::vector<flags::flag_error> refused_overrides_;
};

}  // namespace crossfade::tool
