#include "compat/detail/ownership.hpp"

namespace crossfade::detail {

usage_error ownership::foreign_release() const {
  return usage_error(who_runs() + " releases a guard of " + who_is(holder_) +
                     ": a guard stays with the task that acquired it; pass on the permit of a "
                     "semaphore instead");
}

}  // namespace crossfade::detail
