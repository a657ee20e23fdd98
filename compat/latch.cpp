#include "compat/latch.hpp"

#include <string>

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"

namespace crossfade {

latch::~latch() { detail::require_no_waiters("a latch", waiters_); }

op<> latch::wait() {
  static constexpr op<>::rules rules{
      {.name = "a latch",
       .leave =
           [](detail::op_base& o) noexcept {
             static_cast<op<>&>(o).object<latch>().waiters_.remove(o);
             return true;
           },
       .holder = nullptr},
      [](op<>& o) {
        auto& self = o.object<latch>();
        if (self.is_open()) return true;
        self.waiters_.push(o);
        return false;
      },
      [](op<>&) {}};
  return {rules, this};
}

void latch::count_down(std::size_t n) {
  if (n > count_) {
    throw usage_error("latch::count_down: " + detail::who_runs() + " counts " + std::to_string(n) +
                      " where " + std::to_string(count_) +
                      " are left: count each thing once, or construct the latch with more");
  }
  count_ -= n;
  if (count_ > 0) return;
  while (!waiters_.empty()) waiters_.pop().complete();
}

}  // namespace crossfade
