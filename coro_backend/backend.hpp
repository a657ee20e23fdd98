#pragma once

#include "compat/backend.hpp"

namespace crossfade::coro_backend {

/// Carries each task as a coroutine frame on the loop's own stack. Blocking text runs here through
/// `on_fiber`.
///
/// Lifetime: the loop outlives it; it outlives the loop's tasks.
class backend final : public crossfade::backend {
 public:
  explicit backend(loop& owner) noexcept;
};

}  // namespace crossfade::coro_backend
