#pragma once

#include <boost/version.hpp>
#include <cstddef>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define CROSSFADE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CROSSFADE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CROSSFADE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CROSSFADE_TSAN 1
#endif
#endif

#if defined(CROSSFADE_TSAN)
// ThreadSanitizer records calls and returns on a stack per fiber. A function that is entered on one
// and left on another would unbalance both.
#define CROSSFADE_NO_TSAN __attribute__((no_sanitize("thread")))
#else
#define CROSSFADE_NO_TSAN
#endif

namespace crossfade::fiber_backend::detail {

/// The exceptions that a thread is handling, as the C++ ABI lays them out.
struct exception_globals {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  bool any() const noexcept { return caught != nullptr || uncaught != 0; }
};
/// Those of this thread.
exception_globals& this_thread_exceptions() noexcept;

/// What belongs to a stack besides its memory: the C++ runtime's exceptions in flight, and what the
/// sanitizers know.
struct switch_state {
  switch_state() = default;
  ~switch_state();
  switch_state(const switch_state&) = delete;
  switch_state& operator=(const switch_state&) = delete;

  /// Where the stack lies.
  void set_bounds(const void* lowest, std::size_t size) noexcept {
    lowest_ = lowest;
    size_ = size;
  }
  const char* lowest() const noexcept { return static_cast<const char*>(lowest_); }
  std::size_t size() const noexcept { return size_; }
  /// This is the stack that runs now.
  void adopt_current() noexcept;
  /// Ended fibers are released on this stack: their last functions, entered elsewhere, return here.
  void set_releases_others() noexcept { releases_others_ = true; }
  /// One more of them may have ended.
  CROSSFADE_NO_TSAN void expect_release() noexcept {
#if defined(CROSSFADE_TSAN)
    ++expected_releases_;
#endif
  }

 private:
  friend void leave_for(switch_state& from, switch_state& to, exception_globals& in_force) noexcept;
  friend void announce_switch(switch_state& from, switch_state& to) noexcept;
  friend void arrived_on(switch_state& here) noexcept;

  exception_globals exceptions_;
  const void* lowest_ = nullptr;
  std::size_t size_ = 0;
  bool releases_others_ = false;
#if defined(CROSSFADE_ASAN)
  void* fake_stack_ = nullptr;
#endif
#if defined(CROSSFADE_TSAN)
  void* fiber_ = nullptr;
  bool owns_fiber_ = false;
  unsigned expected_releases_ = 0;  // since control was here
  unsigned releases_ = 0;           // before that, since the fiber was made
#endif
};

/// To be called before a stack's memory goes back to the system, which hands the addresses out
/// again: the sanitizer would still take them for the dead variables of the fiber that ran there.
#if defined(CROSSFADE_ASAN)
void forget_stack(const void* lowest, std::size_t size) noexcept;
#else
inline void forget_stack(const void*, std::size_t) noexcept {}
#endif

/// Tells the sanitizers.
CROSSFADE_NO_TSAN void announce_switch(switch_state& from, switch_state& to) noexcept;

/// To be called right before control goes from one stack to the other. `in_force` is the thread's.
CROSSFADE_NO_TSAN inline void leave_for(switch_state& from, switch_state& to,
                                        [[maybe_unused]] exception_globals& in_force) noexcept {
#if BOOST_VERSION < 108800
  // Otherwise two fibers that wait inside handlers would rethrow each other's exception. From 1.88
  // on Boost.Context does this itself. A stack that runs has nothing put aside; so where neither
  // side has an exception in flight, there is nothing to write.
  if (in_force.any() || to.exceptions_.any()) [[unlikely]] {
    from.exceptions_ = in_force;
    in_force = std::exchange(to.exceptions_, exception_globals{});
  }
#endif
#if defined(CROSSFADE_ASAN) || defined(CROSSFADE_TSAN)
  announce_switch(from, to);
#endif
}

/// To be called when control has come back to, or first reached, a stack. May be left out, as it
/// must be where a switch happens inside Boost.Fiber: the next `leave_for` makes up for it.
#if defined(CROSSFADE_ASAN)
void arrived_on(switch_state& here) noexcept;
#else
inline void arrived_on(switch_state&) noexcept {}
#endif

}  // namespace crossfade::fiber_backend::detail
