#include "harness.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <utility>

namespace crossfade::benchmarks {
namespace {

constexpr int few_repetitions = 3;

// A row's label, for who reads the JSON: what the row is compared with depends on it.
std::string kind(const implementation& who) {
  constexpr std::array parts{"primitive", "limit", "peer", "python", "ours"};
  constexpr std::array stacks{"none", "own", "either"};
  return std::string{parts[static_cast<std::size_t>(who.part)]} + ' ' +
         stacks[static_cast<std::size_t>(who.stack)];
}

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

void measure(benchmark::State& state, const std::function<tally(std::size_t)>& run,
             std::size_t operations) try {
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(operations))) {
    const tally result = run(operations);
    if (result.done() != operations || result.elapsed().count() <= 0) {
      const auto message = "did " + std::to_string(result.done()) + " operations in " +
                           std::to_string(result.elapsed().count()) + " ns; expected " +
                           std::to_string(operations);
      state.SkipWithError(message.c_str());
      return;
    }
    state.SetIterationTime(std::chrono::duration<double>(result.elapsed()).count());
  }
  state.SetItemsProcessed(state.iterations());
} catch (const std::exception& error) {
  state.SkipWithError(error.what());
}

}  // namespace

void tally::start() {
  done_ = 0;
  started_ = thread_time();
}

void tally::stop() { elapsed_ = thread_time() - started_; }

benchmark::internal::Benchmark* suite::enter(std::string question, const implementation& who,
                                             std::function<tally(std::size_t)> run,
                                             std::size_t operations) {
  const auto last = std::find_if(rows_.rbegin(), rows_.rend(), [&](const row& other) {
                      return other.question == question;
                    }).base();
  const bool first_of_question = last == rows_.begin();
  const auto& added =
      *rows_.insert(first_of_question ? rows_.end() : last, row{std::move(question), who});
  return benchmark::RegisterBenchmark(
             added.name().c_str(),
             [run = std::move(run), operations, label = kind(who)](benchmark::State& state) {
               state.SetLabel(label);
               measure(state, run, operations);
             })
      ->UseManualTime()
      ->ComputeStatistics(
          "min", [](const auto& times) { return *std::min_element(times.begin(), times.end()); })
      ->ComputeStatistics(
          "max", [](const auto& times) { return *std::max_element(times.begin(), times.end()); });
}

void suite::add(std::string question, const implementation& who,
                std::function<tally(std::size_t)> run, std::size_t operations) {
  enter(std::move(question), who, std::move(run), operations);
}

void suite::add_slow(std::string question, const implementation& who,
                     std::function<tally(std::size_t)> run, std::size_t operations) {
  enter(std::move(question), who, std::move(run), operations)->Repetitions(few_repetitions);
}

void suite::add_growth(const std::string& what, const implementation& who,
                       const std::function<tally(std::size_t, std::size_t)>& run) {
  for (const std::size_t size : sizes) {
    enter(
        "growth/" + what + '/' + std::to_string(size), who,
        [run, size](std::size_t n) { return run(size, n); }, std::max(usual_operations, 2 * size))
        ->Repetitions(few_repetitions);  // a hundred thousand stacks take their time to make
  }
}

}  // namespace crossfade::benchmarks
