#include "fiber_backend/channel.hpp"

namespace crossfade::fiber_backend::detail {

void channel_core::unlock(const bool& gone) {
  while (!putters_.empty() && !getters_.empty()) {
    auto& getter = static_cast<queue_wait&>(getters_.pop());
    auto& putter = static_cast<queue_wait&>(putters_.pop());
    pass_item(putter, getter);
    getter.call();
    putter.call();
    if (gone) return;
  }
}

}  // namespace crossfade::fiber_backend::detail
