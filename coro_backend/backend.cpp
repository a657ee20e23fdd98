#include "coro_backend/backend.hpp"

namespace crossfade::coro_backend {

backend::backend(loop& owner) noexcept : crossfade::backend(owner, "coro", false) {}

}  // namespace crossfade::coro_backend
