#include "fiber_backend/backend.hpp"

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "fiber_backend/detail/engine.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend {

backend::backend(loop& owner, backend_options options)
    : crossfade::backend(owner, "fiber", true),
      engine_(std::make_unique<detail::engine>(owner.core(), options)),
      hub_(std::make_unique<hub>(*this)) {
  if (owner.core().stacks != nullptr) {
    throw usage_error("fiber_backend::backend: the loop has a backend with stacks already");
  }
  owner.core().stacks = engine_.get();
  owner.core().guest = hub_.get();
}

backend::~backend() {
  engine_->require_no_tasks();
  engine_->retire_idle_stacks();
  owner().core().stacks = nullptr;
  owner().core().guest = nullptr;
}

std::size_t backend::stacks() const noexcept { return engine_->stacks(); }

stack_stats backend::stack_stats() const noexcept { return engine_->stats(); }

}  // namespace crossfade::fiber_backend
