#pragma once

#include "tool/exposition.hpp"

#include "benchmarks/ab/verdict.hpp"
#include "flags/statistics/comparison.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade::tool {

/// The family that a service shows: a histogram, in seconds, with the labels `subsystem`, `backend`
/// and, where it tells failures, `outcome`: "ok" or "failed"; what has another one does not count.
inline constexpr std::string_view root_task_family = "crossfade_root_task_seconds";

/// What a side's root tasks have done while they were watched.
struct served {
  bucketed_values ok;  ///< seconds; of those that did not fail
  double failed = 0;

  double ended() const { return ok.count + failed; }
};

/// What there is to say of one subsystem.
struct live_result {
  std::string subsystem;
  served fiber;
  served coro;
  std::size_t intervals = 0;  ///< in which both sides served
  /// By the mean time of each such interval. Unset: there is nothing to compare.
  std::optional<ab::verdict> time;
  /// How much more of coro's root tasks failed. Unset: likewise.
  std::optional<statistics::interval> more_failures;

  /// Whether coro takes longer, or fails more often.
  bool is_worse() const noexcept;
  /// Why there is nothing to compare, and what to do; empty: there is.
  std::string obstacle() const;
};

/// Compares the two backends of a service that serves with both, by what it says of its root tasks
/// again and again: each interval gives one value for each side, of the same time and, with a
/// percentage rolled out by account, of the same mix of work.
///
/// Counters that go back, or are gone, say that the service has begun anew; the interval in which
/// it did is left out.
class live_comparison {
 public:
  /// `subsystem`: the one that is looked at; empty: all of them.
  explicit live_comparison(std::string subsystem = {}) : wanted_(std::move(subsystem)) {}

  /// Takes what the service says now. Throws: `std::invalid_argument` if it does not have the
  /// family, or not that subsystem.
  void observe(const std::vector<sample>& scraped);

  std::size_t restarts() const noexcept { return restarts_; }
  /// One for each subsystem, by name. Throws: `std::invalid_argument` for a criterion out of its
  /// range.
  std::vector<live_result> judge(const ab::criterion& by) const;

 private:
  using counters = std::map<std::string, std::map<std::string, served>>;  // subsystem, backend
  struct watched {
    served fiber;
    served coro;
    std::vector<double> fiber_means;
    std::vector<double> coro_means;
  };

  counters read(const std::vector<sample>& scraped) const;

  const std::string wanted_;
  std::optional<counters> last_;
  std::map<std::string, watched> found_;
  std::size_t restarts_ = 0;
};

}  // namespace crossfade::tool
