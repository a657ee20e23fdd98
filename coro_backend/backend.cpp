#include "coro_backend/backend.hpp"

#include "compat/loop.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend {

backend::backend(loop& owner)
    : crossfade::backend(owner, "coro", false), events_(std::make_unique<event_loop>(*this)) {
  if (owner.core().coroutines == nullptr) owner.core().coroutines = this;
}

backend::~backend() {
  if (owner().core().coroutines == this) owner().core().coroutines = nullptr;
}

}  // namespace crossfade::coro_backend
