#include "coro_backend/executor.hpp"

#include <memory>

namespace crossfade::coro_backend::detail {

executor_call::executor_call(future_core& to, bool with_variables)
    : thread_job(&run_on_thread), ready_callback(&take_turn), loop_(to.owner().owner()), to_(&to) {
  const crossfade::detail::scheduler& sched = to.owner().sched();
  if (with_variables && sched.current != nullptr) call_.variables = sched.current->variables;
}

executor_call::~executor_call() {
  if (submitted_ && !to_->done()) to_->remove(static_cast<link&>(*this));
}

void executor_call::submit() {
  std::unique_ptr<executor_call> self(this);
  loop_.core().threads->submit(*this);
  static_cast<void>(self.release());
  ++loop_.core().threads_busy;
  to_->add(*this);
  submitted_ = true;
}

void executor_call::done(future_core& of) noexcept {
  stage expected = stage::queued;
  if (of.cancelled()) stage_.compare_exchange_strong(expected, stage::cancelled);
}

void executor_call::run_on_thread(crossfade::detail::thread_job& job) noexcept {
  auto& self = static_cast<executor_call&>(job);
  if (stage expected = stage::queued;
      self.stage_.compare_exchange_strong(expected, stage::running)) {
    crossfade::detail::this_thread_call = &self.call_;
    self.run_function();
    crossfade::detail::this_thread_call = nullptr;
  }
  self.loop_.enqueue(self);
}

void executor_call::take_turn(crossfade::detail::ready_callback& callback, use how) {
  const std::unique_ptr<executor_call> self(static_cast<executor_call*>(&callback));
  if (how == use::discard) return;
  --self->loop_.core().threads_busy;
  self->pass_on();
}

}  // namespace crossfade::coro_backend::detail
