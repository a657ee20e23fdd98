#include "benchmarks/ab/session.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

// How often whole sessions are right, with real runs on this machine as it is: of operations that
// only compute, and so take as long on either backend; and of the same with 5 % more to compute on
// one, where 4 % matter: an operation is a little more than what it computes.
//
// crossfade_ab_sessions [SESSIONS [MILLISECONDS]]: so many of each kind, of so long. Exits 1 if
// equals are told apart in more than 5 %, or more to do is ever called better.

namespace crossfade::ab {
namespace {

[[gnu::noinline]] void compute(unsigned rounds) {
  volatile std::uint64_t state = 1;
  for (unsigned i = 0; i < rounds; ++i) state = state * 6364136223846793005U + 1442695040888963407U;
}

class computation final : public workload {
 public:
  computation(backend& on, unsigned more_on_coro)
      : rounds_(on.has_stack() ? usual : usual + more_on_coro) {}
  task<> operate(caller) override {
    compute(rounds_);
    co_return;
  }

  static constexpr unsigned usual = 10'000;

 private:
  unsigned rounds_;
};

struct outcomes {
  std::array<int, 4> of{};
  int uncalibrated = 0;
  std::size_t pairs = 0;
  double ratios = 0;

  int operator[](outcome kind) const { return of[static_cast<std::size_t>(kind)]; }
};

outcomes hold(int sessions, duration each, unsigned more_on_coro) {
  suite all;
  all.add<computation>({.name = "computation"}, more_on_coro);
  outcomes found;
  for (int i = 0; i < sessions; ++i) {
    session one({.each = each,
                 .run = std::chrono::milliseconds(20),
                 .warm_up = std::chrono::milliseconds(5),
                 .by = {.effect = 0.04},
                 .seed = static_cast<std::uint64_t>(i)});
    const session_result result = one.run(all.matching({}));
    const workload_result& of = result.workloads.front();
    ++found.of[static_cast<std::size_t>(of.decided.found.kind)];
    found.uncalibrated += !of.note.empty();
    found.pairs += of.decided.found.runs;
    found.ratios += of.decided.found.ratio.estimate;
  }
  return found;
}

void print(std::string_view what, const outcomes& found, int sessions) {
  std::printf("%-10s", std::string(what).c_str());
  for (const outcome kind : {outcome::better, outcome::worse, outcome::same, outcome::inconclusive})
    std::printf("  %s %d", std::string(to_string(kind)).c_str(), found[kind]);
  std::printf(" (%d by calibration)  of %d, with %.1f pairs, ratio %.4f on average\n",
              found.uncalibrated, sessions, static_cast<double>(found.pairs) / sessions,
              found.ratios / sessions);
  std::fflush(stdout);
}

int run_all(int sessions, duration each) {
  const outcomes equal = hold(sessions, each, 0);
  print("equal", equal, sessions);
  const outcomes more = hold(sessions, each, computation::usual * 5 / 100);
  print("5 % more", more, sessions);
  const int told_apart = equal[outcome::better] + equal[outcome::worse];
  return told_apart * 20 > sessions || more[outcome::better] > 0 ? 1 : 0;
}

}  // namespace
}  // namespace crossfade::ab

int main(int argc, char** argv) {
  try {
    const int sessions = argc > 1 ? std::stoi(argv[1]) : 200;
    const std::chrono::milliseconds each(argc > 2 ? std::stoi(argv[2]) : 1500);
    return crossfade::ab::run_all(sessions, each);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
