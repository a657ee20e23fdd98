#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

void any_future::add_done_callback(const callback& function) const {
  core_->add_done_callback(
      [function](detail::future_core& source) { function(any_future(source)); },
      function.identity());
}

std::size_t any_future::remove_done_callback(const callback& function) const {
  return core_->remove(function.identity());
}

}  // namespace crossfade::coro_backend
