#pragma once

#include "flags/statistics/comparison.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

struct guardrail_options {
  std::string baseline = "fiber";  ///< the side that is trusted
  std::string candidate = "coro";  ///< the side that has to be as good
  /// What is older than this does not count.
  std::chrono::nanoseconds window = std::chrono::seconds(60);
  std::size_t least = 100;  ///< calls that each side has to have in the window to be judged
  std::size_t most = 2000;  ///< calls of each side that are kept, the newest
  /// How much more of the candidate's calls may fail: 0.01 is one in a hundred.
  double more_failures = 0.01;
  /// How much longer the candidate's calls may take: 0.25 is a quarter. Both have to be exceeded:
  /// nobody notices that a short call has become twice as long.
  double slower = 0.25;
  std::chrono::nanoseconds slower_by = std::chrono::milliseconds(10);
  /// That the truth is beyond what is granted, before it is called a breach. To judge every second
  /// is to ask many times, so this should be high.
  double confidence = 0.999;
};

/// What one side did in the window.
struct guarded_side {
  std::string name;
  std::size_t calls = 0;
  std::size_t failed = 0;
  std::chrono::nanoseconds median{};  ///< of the calls that did not fail
  std::chrono::nanoseconds p99{};     ///< likewise
};

/// What a guardrail makes of the calls in its window.
struct guardrail_verdict {
  enum class what {
    hold,    ///< there are too few calls to tell
    within,  ///< nothing says that the candidate is beyond what is granted
    breach,  ///< the candidate fails more, or takes longer, by more than is granted
  };
  what kind = what::hold;
  guarded_side baseline;
  guarded_side candidate;
  std::chrono::nanoseconds window{};  ///< in which both sides were looked at
  /// How much more of the candidate's calls failed. Unset while there are too few.
  std::optional<statistics::interval> more_failures;
  /// How many times as long the candidate's calls took. Unset while there are too few.
  std::optional<statistics::interval> time_ratio;
  /// How much longer they took, in seconds. Unset while there are too few.
  std::optional<statistics::interval> more_time;

  /// All of it, for a person, on one line: what a log keeps as evidence.
  std::string text() const;
};

std::string_view to_string(guardrail_verdict::what kind) noexcept;  ///< "hold", ...

/// Watches a move: whether the calls that one side serves fail more often than those of the other,
/// or take longer.
///
/// Both sides are looked at over the same time, so that what troubles both is not blamed on one:
/// where a busy side has used up its `most` calls sooner, the other's count from there on. Of the
/// time a call took only those count that did not fail. Threads: any. It changes nothing itself;
/// see `retreat`.
class guardrail {
 public:
  using clock = std::chrono::steady_clock;

  /// Throws: `std::invalid_argument` if an option is out of its range.
  explicit guardrail(guardrail_options options = {});

  /// Records a call that has ended now. One by neither side is not counted, nor should one be that
  /// was cancelled.
  void record(std::string_view side, std::chrono::nanoseconds took, bool failed,
              clock::time_point now = clock::now());
  guardrail_verdict judge(clock::time_point now = clock::now()) const;
  /// Forgets all calls: what comes after a change of the flag is judged anew.
  void reset();

  const guardrail_options& options() const noexcept { return options_; }

 private:
  struct call {
    clock::time_point ended;
    std::chrono::nanoseconds took;
    bool failed;
  };
  using calls = std::deque<call>;

  calls* of(std::string_view side) noexcept;

  const guardrail_options options_;
  mutable std::mutex mutex_;
  calls baseline_;
  calls candidate_;
};

}  // namespace crossfade::flags
