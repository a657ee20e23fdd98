#include "coro_backend/gather.hpp"

#include <algorithm>

namespace crossfade::coro_backend::detail {

void gather_core::adopt(future_core& self, any_future child) {
  if (std::ranges::find(children_, child) == children_.end()) {
    ++different_;
    child.core().add_done_callback(
        [this, alive = counted(&self)](future_core& of) { child_done(*alive, of); }, this);
  }
  children_.push_back(std::move(child));
}

bool gather_core::cancel_children(const cancel_message& message) {
  bool some = false;
  for (const any_future& child : children_) some |= child.cancel(message);
  cancel_requested_ |= some;
  return some;
}

void gather_core::add_holders_of_children(std::vector<std::uint64_t>& ids) noexcept {
  for (const any_future& child : children_) {
    if (!child.done()) child.core().add_holders(ids);
  }
}

void gather_core::child_done(future_core& self, future_core& child) {
  ++done_;
  if (self.done()) {
    child.mark_retrieved();
    return;
  }
  if (!collects_failures_ && !child.finished()) {
    self.set_exception(child.outcome());
    return;
  }
  if (done_ != different_) return;
  if (!cancel_requested_) {
    collect();
    return;
  }
  // asyncio looks at all the outcomes before it drops them.
  for (const any_future& c : children_) {
    if (!c.cancelled()) c.core().mark_retrieved();
  }
  self.set_exception(children_.back().core().make_cancelled_error());
}

std::exception_ptr failure_of_child(future_core& child) {
  if (child.cancelled()) return std::make_exception_ptr(cancelled_error(child.message()));
  return child.exception();
}

}  // namespace crossfade::coro_backend::detail
