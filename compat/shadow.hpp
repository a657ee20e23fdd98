#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/shadow_outcome.hpp"
#include "compat/event.hpp"
#include "compat/handle.hpp"
#include "compat/subsystem.hpp"
#include "compat/task.hpp"
#include "compat/timeout.hpp"

namespace crossfade {

/// What repeating calls may cost.
struct shadow_options {
  std::size_t most_at_once = 4;  ///< repeats under way; while there are so many, none is begun
  duration time_limit = std::chrono::seconds(10);  ///< a repeat that takes longer is cancelled
  std::size_t keep = 100;                          ///< differences, the newest
};

/// What is said of a call, to find it again.
struct shadow_call {
  std::string_view name;
  std::string_view targeting_key = {};
  std::string_view arguments = {};  ///< as a person reads them
  std::source_location site = std::source_location::current();
};

/// A call whose repeat ended differently: with another value, or another kind of error.
struct shadow_difference {
  std::string call;
  std::string targeting_key;
  std::string arguments;
  std::string served;    ///< what the caller got
  std::string repeated;  ///< what the other backend made of it
  duration served_in;
  duration repeated_in;
  std::chrono::system_clock::time_point at;
};

struct shadow_counters {
  std::uint64_t equal = 0;
  std::uint64_t different = 0;
  std::uint64_t late = 0;         ///< repeats that were cancelled by the time limit
  std::uint64_t over_budget = 0;  ///< calls that were not repeated
  duration served_in{};           ///< of those that were compared, in all
  duration repeated_in{};
};

/// Has calls that are free of side effects made once more, on the backend that is not in use yet.
///
/// While the flag of the subsystem says `shadow_choice`, a call is served as ever by the default
/// backend. When its caller has the answer, the same function is called with copies of the same
/// arguments as a root task on the next backend, and the two outcomes are compared: values by `==`,
/// errors by their type. Whatever the repeat does, the caller does not wait for it.
///
/// Cancellation: of the caller, cancels its call, which is not repeated then; `stop` cancels the
/// repeats. Threads: the loop's only. Lifetime: `stop` has ended before it goes, or the run of the
/// loop has; subsystem and hosts outlive it.
class shadow {
 public:
  explicit shadow(subsystem& owner, shadow_options options = {});
  shadow(const shadow&) = delete;
  shadow& operator=(const shadow&) = delete;

  /// Calls `f(arguments...)`, of either text, as a root task of `host`: the subsystem, or a
  /// `switched` of it, whose state then comes first. Throws: what the call throws; `task_cancelled`
  /// if somebody else cancels it.
  template <class Host, class F, class... A, class T = detail::shadowed_value<Host, F, A...>>
  task<T> call(Host& host, const shadow_call& what, F&& f, A&&... arguments) {
    const root_options options{
        .name = what.name, .targeting_key = what.targeting_key, .site = what.site};
    if (!is_shadowed(what)) {
      auto served = host.launch(options, std::as_const(f), std::as_const(arguments)...);
      co_return co_await served.join();
    }
    const time_point began = now();
    detail::shadow_outcome<T> served;
    try {
      auto call = host.launch(options, std::as_const(f), std::as_const(arguments)...);
      if constexpr (std::is_void_v<T>) {
        co_await call.join();
        served.value.emplace();
      } else {
        served.value.emplace(co_await call.join());
      }
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      served.error = std::current_exception();
    }
    served.time = now() - began;
    repeat(host, what, served, std::as_const(f), std::as_const(arguments)...);
    if (served.error != nullptr) std::rethrow_exception(served.error);
    if constexpr (!std::is_void_v<T>) co_return std::move(*served.value);
  }

  /// Begins no repeat from now on, cancels those that are under way, and waits for them.
  task<> stop();

  const shadow_counters& counters() const noexcept { return counters_; }
  /// Oldest first.
  const std::deque<shadow_difference>& differences() const noexcept { return differences_; }

 private:
  // Of the budget.
  class place {
   public:
    explicit place(shadow& owner) noexcept : owner_(&owner) { ++owner.under_way_; }
    place(place&& from) noexcept : owner_(std::exchange(from.owner_, nullptr)) {}
    place& operator=(place&&) = delete;
    ~place() {
      if (owner_ != nullptr && --owner_->under_way_ == 0) owner_->idle_.set();
    }

   private:
    shadow* owner_;
  };

  template <class Host, class T, class F, class... A>
  void repeat(Host& host, const shadow_call& what, const detail::shadow_outcome<T>& served,
              const F& f, const A&... arguments) {
    backend* on = repeats_on();
    if (on == nullptr) return;
    if constexpr (requires { host.serves(*on); }) {
      if (!host.serves(*on)) return;
    }
    const time_point began = now();
    auto compare = [this, counted = place(*this), began, served, difference = described(what),
                    repeated = host.launch_on(*on, {.name = what.name, .site = what.site}, f,
                                              arguments...)]() mutable -> task<> {
      detail::shadow_outcome<T> outcome;
      auto end = [&]() -> task<> {
        if constexpr (std::is_void_v<T>) {
          co_await repeated.join();
          outcome.value.emplace();
        } else {
          outcome.value.emplace(co_await repeated.join());
        }
      };
      try {
        co_await with_timeout(options_.time_limit, end);
      } catch (const cancelled&) {
        throw;
      } catch (...) {
        outcome.error = std::current_exception();
      }
      if (!repeated.done()) {
        ++counters_.late;
        co_return;
      }
      outcome.time = now() - began;
      count(served.time, outcome.time);
      if (detail::same_outcome(served, outcome)) {
        ++counters_.equal;
      } else {
        difference.served = served.text();
        difference.repeated = outcome.text();
        difference.served_in = served.time;
        difference.repeated_in = outcome.time;
        keep(std::move(difference));
      }
    };
    watch(subsystem_.launch({.name = "compare", .site = what.site}, std::move(compare)));
  }

  bool is_shadowed(const shadow_call& what) const;
  /// Null: not now.
  backend* repeats_on();
  void watch(handle<> comparing);
  void count(duration served, duration repeated) noexcept;
  void keep(shadow_difference&& difference);
  static shadow_difference described(const shadow_call& what);
  time_point now() const noexcept;

  subsystem& subsystem_;
  const shadow_options options_;
  shadow_counters counters_;
  std::deque<shadow_difference> differences_;
  std::list<handle<>> comparing_;
  std::size_t under_way_ = 0;
  event idle_;  // nothing is under way
  bool stopped_ = false;
};

}  // namespace crossfade
