#pragma once

#include <memory>

#include "fiber_backend/detail/carrier.hpp"

namespace crossfade::fiber_backend::detail {

/// Says on standard error which task's stack was too small when a thread faults below the stack it
/// runs on, then leaves the fault to whoever had it before, in the end the kernel, which dumps
/// core.
///
/// Signal handlers belong to the process: they are there while any loop runs that wants them.
/// Faults elsewhere go to the handlers found. Threads: begins and ends on the one that is watched.
class overflow_watch {
 public:
  overflow_watch() = default;
  ~overflow_watch() = default;
  overflow_watch(const overflow_watch&) = delete;
  overflow_watch& operator=(const overflow_watch&) = delete;

  /// `running`: where the carrier of the stack that runs is found, at any time. Throws:
  /// `std::system_error`, `std::bad_alloc`.
  void begin(const carrier* const* running);
  void end() noexcept;

 private:
  std::unique_ptr<char[]> handlers_stack_;  // a handler cannot run on the stack that has ended
  bool lent_ = false;                       // this thread had no such stack
};

/// Ends the program: `where.task` has written below its stack.
[[noreturn]] void die_of_overflow(const carrier& where) noexcept;

/// To be called where the task of a carrier that runs is about to wait, or its text has ended.
inline void check_canary(const carrier& where) noexcept {
  if (!where.has_canary) [[likely]]
    return;
  const char* lowest = where.state.lowest();
  // A frame may have stepped over the canary.
  if (static_cast<const char*>(__builtin_frame_address(0)) < lowest || !canary_is_intact(lowest))
      [[unlikely]]
    die_of_overflow(where);
}

}  // namespace crossfade::fiber_backend::detail
