#include "compat/detail/stack_sampler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <ucontext.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "compat/backend.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/errors.hpp"
#include "compat/stall_watch.hpp"
#include "compat/subsystem.hpp"

namespace crossfade::detail {

namespace {

// Where the signal came in; 0 on machines we do not know.
std::uintptr_t interrupted_at([[maybe_unused]] const void* context) noexcept {
#if defined(__x86_64__)
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return machine.pc;
#else
  return 0;
#endif
}

}  // namespace

stack_sampler::stack_sampler(scheduler& watched, int signal)
    : watched_(watched), signal_(signal), thread_(pthread_self()) {
  if (watched.sampler != nullptr) throw usage_error("stall_watch: the loop has one already");
  if (watched.doing != activity::stopped && this_scheduler != &watched)
    throw usage_error("stall_watch: made on another thread than the one that runs the loop");
  struct sigaction there {};
  if (sigaction(signal, nullptr, &there) != 0)
    throw std::system_error(errno, std::generic_category(), "stall_watch: the signal");
  const bool ours = (there.sa_flags & SA_SIGINFO) != 0 && there.sa_sigaction == &on_signal;
  const bool free = (there.sa_flags & SA_SIGINFO) == 0 &&
                    (there.sa_handler == SIG_DFL || there.sa_handler == SIG_IGN);
  if (!ours && !free) {
    throw usage_error("stall_watch: signal " + std::to_string(signal) +
                      " has a handler; name another one in stall_watch_options::signal");
  }
  lend_handlers_stack();
  // The first call loads the unwinder, which a signal handler must not do.
  backtrace(sample_.frames.data(), 1);
  watched.sampler = this;
  if (ours) return;
  struct sigaction handler {};
  handler.sa_sigaction = &on_signal;
  handler.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&handler.sa_mask);
  sigaction(signal, &handler, nullptr);
}

stack_sampler::~stack_sampler() {
  watched_.sampler = nullptr;  // from here on the handler does nothing
  end_handlers_stack();
}

// A fiber's stack may have no room for a handler.
void stack_sampler::lend_handlers_stack() {
  stack_t stack{};
  sigaltstack(nullptr, &stack);
  if ((stack.ss_flags & SS_DISABLE) == 0) return;
  constexpr std::size_t size = std::size_t{64} * 1024;
  handlers_stack_ = std::make_unique_for_overwrite<char[]>(size);
  stack = {};
  stack.ss_sp = handlers_stack_.get();
  stack.ss_size = size;
  sigaltstack(&stack, nullptr);
}

void stack_sampler::end_handlers_stack() noexcept {
  stack_t stack{};
  sigaltstack(nullptr, &stack);
  if (handlers_stack_ == nullptr || stack.ss_sp != handlers_stack_.get()) return;
  stack = {};
  stack.ss_flags = SS_DISABLE;
  sigaltstack(&stack, nullptr);
}

void stack_sampler::ask() noexcept {
  state_.store(state::asked, std::memory_order_release);
  pthread_kill(thread_, signal_);
}

// --- in the handler: nothing that allocates, locks, or may be half done ---

void stack_sampler::on_signal(int, siginfo_t* info, void* context) noexcept {
  const int error = errno;
  // What does not come from a thread of ours may reach one that has never run a loop, where the
  // first look at a thread_local may allocate.
  if (info->si_code == SI_TKILL && this_scheduler != nullptr && this_scheduler->sampler != nullptr)
    this_scheduler->sampler->take(context);
  errno = error;
}

void stack_sampler::take(void* context) noexcept {
  if (state_.load(std::memory_order_acquire) != state::asked) return;
  sample_.at = watched_.now_at();
  sample_.allowed = blocking_allowed::why(watched_);
  const task_state* task = watched_.current;
  sample_.task = task != nullptr ? task->id : 0;
  sample_.name = task != nullptr ? task->name() : "";
  sample_.subsystem = task != nullptr && task->system != nullptr ? task->system->name() : "";
  sample_.backend = task != nullptr ? task->carrier->name() : "";
  sample_.site = task != nullptr ? task->site : std::source_location();
  sample_.depth = backtrace(sample_.frames.data(), static_cast<int>(sample_.frames.size()));
  sample_.skipped = 0;
  const std::uintptr_t here = interrupted_at(context);
  for (int i = 0; i < sample_.depth; ++i) {
    if (reinterpret_cast<std::uintptr_t>(sample_.frames[static_cast<std::size_t>(i)]) != here)
      continue;
    sample_.skipped = i;  // the calls before it are the handler's
    break;
  }
  state_.store(state::taken, std::memory_order_release);
}

}  // namespace crossfade::detail
