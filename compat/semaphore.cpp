#include "compat/semaphore.hpp"

#include <cassert>

namespace crossfade {

semaphore::~semaphore() { assert(waiters_.empty() && "a semaphore outlives its waiters"); }

op<semaphore::permit> semaphore::acquire() {
  static constexpr op<permit>::rules rules{
      {.name = "a semaphore",
       .leave =
           [](detail::op_base& o) noexcept {
             static_cast<op<permit>&>(o).object<semaphore>().waiters_.remove(o);
             return true;
           },
       .holder = nullptr},
      [](op<permit>& o) {
        auto& self = o.object<semaphore>();
        if (self.free_ > 0) {
          --self.free_;
          return true;
        }
        self.waiters_.push(o);
        return false;
      },
      [](op<permit>& o) { return permit(o.object<semaphore>()); }};
  return {rules, this};
}

void semaphore::give_back() noexcept {
  // As a lock is: handed over, so that `free_` is never above zero while a task waits.
  if (waiters_.empty()) {
    ++free_;
  } else {
    waiters_.pop().complete();
  }
}

}  // namespace crossfade
