#include "compat/event.hpp"

#include <cassert>

namespace crossfade {

event::~event() { assert(waiters_.empty() && "an event outlives its waiters"); }

op<> event::wait() {
  static constexpr op<>::rules rules{
      {.name = "an event",
       .leave =
           [](detail::op_base& o) noexcept {
             static_cast<op<>&>(o).object<event>().waiters_.remove(o);
             return true;
           },
       .holder = nullptr},
      [](op<>& o) {
        auto& self = o.object<event>();
        if (self.set_) return true;
        self.waiters_.push(o);
        return false;
      },
      [](op<>&) {}};
  return {rules, this};
}

void event::set() noexcept {
  set_ = true;
  while (!waiters_.empty()) waiters_.pop().complete();
}

}  // namespace crossfade
