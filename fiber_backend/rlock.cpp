#include "fiber_backend/rlock.hpp"

#include "compat/detail/misuse.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend {

bool rlock::take_again() noexcept {
  if (!owner_ || *owner_ != get_ident()) return false;
  ++count_;
  return true;
}

void rlock::own() noexcept {
  owner_ = get_ident();
  count_ = 1;
}

task<bool> rlock::acquire(std::optional<duration> timeout) {
  if (take_again()) co_return true;
  const bool in_time = co_await block_.acquire(timeout);  // g++ 12 miscompiles it as a condition
  if (in_time) own();
  co_return in_time;
}

bool rlock::acquire_nowait() noexcept {
  if (take_again()) return true;
  if (!block_.acquire_nowait()) return false;
  own();
  return true;
}

void rlock::release() {
  if (!owner_ || *owner_ != get_ident()) {
    throw not_owner(crossfade::detail::who_runs() +
                    " releases an rlock that it does not own: only who acquired it may");
  }
  if (--count_ > 0) return;
  owner_.reset();
  block_.release();
}

}  // namespace crossfade::fiber_backend
