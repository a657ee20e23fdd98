#pragma once

#include <chrono>
#include <thread>

#include "compat/clock.hpp"

namespace crossfade::detail {

/// Looks for what another thread is about to do, before this one goes to sleep over it: to put a
/// thread to sleep and wake it takes longer than many a wait. Of one thread.
///
/// It looks while that is worth it: for long enough that a thread which sleeps by now can have been
/// woken and have answered, and half as long whenever it was for nothing. After a while it lets
/// other threads have the processor, too; the awaited one may be among them.
class spin_wait {
 public:
  /// False: it has not come; `slept` is to be called when it has.
  template <class Ready>
  bool until(const Ready& ready) {
    began_ = std::chrono::steady_clock::now();
    if (limit_ == duration::zero()) return ready();
    unsigned pauses = 1024;
    do {
      for (; pauses > 0; --pauses) {
        if (ready()) return true;
        pause();
      }
      std::this_thread::yield();
      pauses = 256;
    } while (std::chrono::steady_clock::now() - began_ < limit_);
    return false;
  }
  void slept() noexcept {
    const bool worth_it = std::chrono::steady_clock::now() - began_ < longest;
    limit_ = worth_it ? start() : limit_ > shortest ? limit_ / 2 : duration::zero();
  }

 private:
  static constexpr duration longest = std::chrono::microseconds(200);
  static constexpr duration shortest = std::chrono::microseconds(25);

  static duration start() noexcept {
    static const bool alone = std::thread::hardware_concurrency() < 2;
    return alone ? duration::zero() : longest;
  }
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
  }

  duration limit_ = start();
  std::chrono::steady_clock::time_point began_{};
};

}  // namespace crossfade::detail
