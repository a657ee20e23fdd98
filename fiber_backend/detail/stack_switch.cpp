#include "fiber_backend/detail/stack_switch.hpp"

#include <cxxabi.h>

#include <utility>

#if defined(CROSSFADE_ASAN)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(CROSSFADE_TSAN)
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <signal.h>
extern "C" void __tsan_func_entry(void* caller);
#endif

namespace crossfade::fiber_backend::detail {

namespace {

#if defined(CROSSFADE_ASAN)
thread_local bool switch_pending = false;  // started, not finished
#endif

#if defined(CROSSFADE_TSAN)
/// ThreadSanitizer puts a signal aside, for the fiber on which it arrives, until that fiber next
/// calls something that it intercepts; what is put aside for a fiber that is destroyed is lost. To
/// make or destroy a fiber it runs as that fiber for a while. So: masking the signals is a call
/// that it intercepts, and none arrives until they are unmasked on the fiber that goes on.
class signals_held {
 public:
  signals_held() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_held() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_held(const signals_held&) = delete;
  signals_held& operator=(const signals_held&) = delete;

 private:
  sigset_t before_;
};
#endif

}  // namespace

switch_state::~switch_state() {
#if defined(CROSSFADE_TSAN)
  if (!owns_fiber_) return;
  const signals_held meanwhile;
  __tsan_destroy_fiber(fiber_);
#endif
}

void switch_state::adopt_current() noexcept {
#if defined(CROSSFADE_ASAN)
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    void* lowest = nullptr;
    pthread_attr_getstack(&attributes, &lowest, &size_);
    lowest_ = lowest;
    pthread_attr_destroy(&attributes);
  }
#endif
#if defined(CROSSFADE_TSAN)
  fiber_ = __tsan_get_current_fiber();
#endif
}

exception_globals& this_thread_exceptions() noexcept {
  return *reinterpret_cast<exception_globals*>(abi::__cxa_get_globals());
}

void announce_switch([[maybe_unused]] switch_state& from,
                     [[maybe_unused]] switch_state& to) noexcept {
#if defined(CROSSFADE_ASAN)
  arrived_on(from);
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.lowest_, to.size_);
  switch_pending = true;
#endif
#if defined(CROSSFADE_TSAN)
  const signals_held across_the_switch;
  // Each return of a function that was entered on another stack takes an entry off; for those that
  // have none here, there are these. They are not counted, so when they may have been used up, the
  // fiber is made anew. That takes milliseconds.
  constexpr unsigned spare_entries = 10'000;
  constexpr unsigned returns_of_one = 20;  // and more than there are
  if (to.releases_others_) {
    to.releases_ += to.expected_releases_;
    if (to.owns_fiber_ && to.releases_ > spare_entries / returns_of_one / 2) {
      __tsan_destroy_fiber(std::exchange(to.fiber_, nullptr));
      to.releases_ = to.expected_releases_;
    }
    to.expected_releases_ = 0;
  }
  const bool fresh = to.fiber_ == nullptr;
  if (fresh) {
    to.fiber_ = __tsan_create_fiber(0);
    to.owns_fiber_ = true;
  }
  __tsan_switch_to_fiber(to.fiber_, 0);
  if (fresh && to.releases_others_) {
    for (unsigned i = 0; i < spare_entries; ++i) __tsan_func_entry(nullptr);
  }
#endif
}

#if defined(CROSSFADE_ASAN)
void forget_stack(const void* lowest, std::size_t size) noexcept {
  __asan_unpoison_memory_region(lowest, size);
}

void arrived_on(switch_state& here) noexcept {
  if (!switch_pending) return;
  switch_pending = false;
  __sanitizer_finish_switch_fiber(here.fake_stack_, nullptr, nullptr);
}
#endif

}  // namespace crossfade::fiber_backend::detail
