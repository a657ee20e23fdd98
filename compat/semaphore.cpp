#include "compat/semaphore.hpp"

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"

namespace crossfade {

semaphore::semaphore(std::size_t permits) : permits_(permits) {
  if (permits == 0) {
    throw usage_error(
        "semaphore: 0 permits; expected at least 1: to signal another task, use an event or a "
        "queue");
  }
}

semaphore::~semaphore() {
  detail::require_no_waiters("a semaphore", waiters_);
  if (free_ != permits_) [[unlikely]]
    detail::fail_destroyed_while_out("a semaphore", permits_ - free_);
}

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

std::optional<semaphore::permit> semaphore::try_acquire() {
  if (free_ == 0) return std::nullopt;
  --free_;
  return permit(*this);
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
