#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "compat/loop.hpp"

namespace crossfade::test_kit {

/// How long a run of a loop may take in a test.
struct hang_limits {
  /// 60 s, or the seconds that the environment variable CROSSFADE_TEST_LIMIT says; 0: for ever, as
  /// one wants it in a debugger.
  static hang_limits from_environment();

  std::chrono::nanoseconds run;    ///< then the run is cancelled; zero: never
  std::chrono::nanoseconds grace;  ///< then the program is ended
};

/// Ends a test that hangs, and says who waits for what.
///
/// A run that is too long fails the test with the loop's wait graph, and its main task is
/// cancelled, so that the next test has its turn. If the run has not ended then either, since a
/// turn of the loop does not end or a task swallows its cancellation, the program is ended by
/// SIGABRT in the thread of the loop: the stack that a debugger or the kernel's core dump shows is
/// the one that is stuck. Units: the clock on the wall, also where the loop's is virtual. Threads:
/// has one of its own.
class hang_watch {
 public:
  explicit hang_watch(hang_limits limits = hang_limits::from_environment());
  ~hang_watch();
  hang_watch(const hang_watch&) = delete;
  hang_watch& operator=(const hang_watch&) = delete;

  /// A run of a loop on this thread, as long as it lives.
  class run {
   public:
    run(hang_watch& watch, loop& owner);
    ~run();
    run(const run&) = delete;
    run& operator=(const run&) = delete;

   private:
    hang_watch& watch_;
  };

 private:
  using time = std::chrono::steady_clock::time_point;
  enum class stage : std::uint8_t { idle, running, cancelled };

  void watch();
  void cancel_run();
  [[noreturn]] void end_program() const;

  const hang_limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  stage stage_ = stage::idle;
  loop* loop_ = nullptr;
  pthread_t loop_thread_{};
  time due_{};
  std::thread thread_;  // last: it uses the others
};

}  // namespace crossfade::test_kit
