#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace benchmark::internal {
class Benchmark;
}

namespace crossfade::benchmarks {

/// A primitive is what limits are made of; it is compared with nothing. Python's loops are no
/// peers: among those the best one is C++.
enum class part { primitive, limit, peer, python, ours };
enum class stack { none, own, either };

/// Who a row measures. Rows are compared with the limit for their kind of stack and with the best
/// peer.
struct implementation {
  std::string_view name;
  enum part part;
  enum stack stack;
};

/// The operations of one run, counted where they take effect and timed from inside the tasks.
///
/// Units: CPU time of the thread. Nothing measured here sleeps, and what other processes do to the
/// wall clock of a shared machine is not the subject.
class tally {
 public:
  tally() = default;
  /// What another process has counted and timed.
  tally(std::size_t done, std::chrono::nanoseconds elapsed) : done_(done), elapsed_(elapsed) {}

  /// Forgets what was counted before: it was done to warm up.
  void start();
  void stop();
  void count(std::size_t n = 1) { done_ += n; }
  /// Stops with the last of them and counts none after it: so the clock stands before a task ends.
  void count_one_of(std::size_t all) {
    if (done_ < all && ++done_ == all) stop();
  }

  std::size_t done() const { return done_; }
  std::chrono::nanoseconds elapsed() const { return elapsed_; }

 private:
  std::size_t done_ = 0;
  std::chrono::nanoseconds started_{};
  std::chrono::nanoseconds elapsed_{};
};

/// All rows, in the order in which the report lists them.
class suite {
 public:
  struct row {
    std::string question;  // with its variant: "yield/2_tasks"
    implementation who;

    std::string name() const { return question + '/' + std::string{who.name}; }
  };

  /// Long enough that reading the clock and the first, cold operations do not show in the limits'
  /// rows. Divisible by every number of tasks used.
  static constexpr std::size_t usual_operations = 100'000;

  /// Registers a row with Google Benchmark, to be listed with the others of its question. `run(n)`
  /// performs n operations, which is as many as asked for at a time; an exception, or a tally that
  /// does not show n, fails the row.
  void add(std::string question, const implementation& who, std::function<tally(std::size_t)> run,
           std::size_t operations = usual_operations);
  /// The same for what takes its time: with few repetitions.
  void add_slow(std::string question, const implementation& who,
                std::function<tally(std::size_t)> run, std::size_t operations);

  /// How many tasks there are, or timers, in the rows of growth.
  static constexpr std::array<std::size_t, 5> sizes{10, 100, 1'000, 10'000, 100'000};
  /// The question "growth/WHAT/SIZE" for each of the sizes, in one row of a table. `run(size, n)`
  /// performs n operations.
  void add_growth(const std::string& what, const implementation& who,
                  const std::function<tally(std::size_t, std::size_t)>& run);

  const std::vector<row>& rows() const { return rows_; }

 private:
  benchmark::internal::Benchmark* enter(std::string question, const implementation& who,
                                        std::function<tally(std::size_t)> run,
                                        std::size_t operations);

  std::vector<row> rows_;
};

}  // namespace crossfade::benchmarks
