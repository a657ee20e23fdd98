#pragma once

#include <memory>

#include "compat/backend.hpp"

namespace crossfade::coro_backend {

class event_loop;

/// Carries each task as a coroutine frame on the loop's own stack. Blocking text runs here through
/// `on_fiber`.
///
/// Lifetime: the loop outlives it; it outlives the loop's tasks.
class backend final : public crossfade::backend {
 public:
  explicit backend(loop& owner);
  ~backend();

  /// asyncio's view of the loop.
  event_loop& events() const noexcept { return *events_; }

 private:
  std::unique_ptr<event_loop> events_;
};

}  // namespace crossfade::coro_backend
