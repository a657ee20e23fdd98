#include "coro_backend/executor.hpp"

#include <memory>

namespace crossfade::coro_backend::detail {

executor_call::executor_call(event_loop& owner, bool with_variables)
    : thread_job(&run_on_thread), ready_callback(&take_turn), loop_(owner.owner()) {
  const crossfade::detail::scheduler& sched = owner.sched();
  if (with_variables && sched.current != nullptr) call_.variables = sched.current->variables;
}

void executor_call::submit() {
  std::unique_ptr<executor_call> self(this);
  loop_.core().threads->submit(*this);
  static_cast<void>(self.release());
  ++loop_.core().threads_busy;
}

void executor_call::run_on_thread(crossfade::detail::thread_job& job) noexcept {
  auto& self = static_cast<executor_call&>(job);
  crossfade::detail::this_thread_call = &self.call_;
  self.run_function();
  crossfade::detail::this_thread_call = nullptr;
  self.loop_.enqueue(self);
}

void executor_call::take_turn(crossfade::detail::ready_callback& callback, use how) {
  const std::unique_ptr<executor_call> self(static_cast<executor_call*>(&callback));
  if (how == use::discard) return;
  --self->loop_.core().threads_busy;
  self->pass_on();
}

}  // namespace crossfade::coro_backend::detail
