#pragma once

#include "flags/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade::flags {

/// A share of all keys, exact: as many of a sum.
struct share {
  std::int64_t weight;
  std::int64_t sum;  ///< more than 0

  /// Reads "10", "12.5" or "0.125 %": a percentage with at most three decimals.
  /// Throws: `std::invalid_argument`, with what is wrong.
  static share parse_percent(std::string_view text);

  double percent() const noexcept {
    return 100 * static_cast<double>(weight) / static_cast<double>(sum);
  }
  /// "12.5 %", to three decimals.
  std::string to_text() const;
};

/// How far a subsystem's move from `fiber` to `coro` has come, as its flag says.
enum class stage {
  off,       ///< all on `fiber`: that is the default and there is no rule; or disabled
  shadow,    ///< the default is the variant `shadow`, without a rule
  canary,    ///< a rule that ends in a percentage of `coro`, the rest on `fiber`
  live,      ///< all on `coro` by default; `fiber` is there to go back to
  complete,  ///< all on `coro`; there is no variant `fiber` any more
  custom,    ///< something else: a rule, or variants, of the user's own
};

std::string_view to_string(stage stage) noexcept;  ///< "off", ...

struct progress {
  flags::stage stage;
  std::optional<share> coro;  ///< how much goes to `coro`; unset where a rule of one's own decides
};

/// Reads the progress off the one flag.
///
/// A canary's rule is `{"fractional": [["coro", 10], ["fiber", 90]]}`, in either order, perhaps
/// with a key of its own ahead; or `{"if": [condition, variant, ..., such a rule]}`, of which the
/// share is that of the keys no condition takes out.
progress progress_of(const flag& flag);

}  // namespace crossfade::flags
