#include "compat/event.hpp"

#include "compat/detail/misuse.hpp"

namespace crossfade {

event::~event() { detail::require_no_waiters("an event", waiters_); }

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
