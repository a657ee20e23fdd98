#include "fiber_backend/detail/overflow.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "compat/backend.hpp"
#include "compat/detail/scheduler.hpp"
#include "compat/subsystem.hpp"

namespace crossfade::fiber_backend::detail {

namespace {

using crossfade::detail::task_state;

// --- what a handler may use ---

/// A line for standard error, made without a call that a signal handler may not make.
class line {
 public:
  line& operator<<(std::string_view text) noexcept {
    const std::size_t fits = std::min(text.size(), text_.size() - size_);
    std::memcpy(text_.data() + size_, text.data(), fits);
    size_ += fits;
    return *this;
  }
  line& operator<<(std::uint64_t number) noexcept {
    std::array<char, 20> digits;
    std::size_t first = digits.size();
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this << std::string_view(digits.data() + first, digits.size() - first);
  }
  void write() noexcept {
    for (std::size_t done = 0; done < size_;) {
      const ssize_t n = ::write(STDERR_FILENO, text_.data() + done, size_ - done);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
    size_ = 0;
  }

 private:
  std::array<char, 2048> text_;
  std::size_t size_ = 0;
};

// As `task_state::label` and `spawned_at` have it.
void say_whose(line& text, const task_state* task) noexcept {
  text << "crossfade: stack overflow in ";
  if (task == nullptr) {
    text << "a callback";
    return;
  }
  text << "task " << task->id;
  if (!task->name().empty()) text << " '" << task->name() << "'";
  text.write();  // what comes next may lie where the overflow has written
  text << " (";
  if (task->system != nullptr) text << "subsystem " << task->system->name() << ", ";
  text << task->carrier->name() << "), spawned at " << task->site.file_name() << ":"
       << std::uint64_t{task->site.line()};
}

constexpr std::string_view remedy = " bytes; raise backend_options::stack_size\n";

// --- a thread that is watched ---

/// The stack that a thread was given.
struct thread_stack {
  thread_stack() noexcept {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void* low = nullptr;
    pthread_attr_getstack(&attributes, &low, &size);
    lowest = static_cast<const char*>(low);
    pthread_attr_destroy(&attributes);
  }
  const char* lowest = nullptr;
  std::size_t size = 0;
};

struct watched {
  const carrier* const* running = nullptr;  // null: no loop runs on this thread
  thread_stack own;
};
thread_local constinit watched* watched_here = nullptr;

// Frames reach this far below what they fault in, at the most.
constexpr std::ptrdiff_t reach = std::ptrdiff_t{64} * 1024;

// Whether `address` is where a stack of ours has ended; then says so.
bool say_overflow(const char* address) noexcept {
  if (watched_here == nullptr || watched_here->running == nullptr) return false;
  const carrier& c = **watched_here->running;
  const auto* scheduler = crossfade::detail::this_scheduler;
  const task_state* task = scheduler != nullptr ? scheduler->current : nullptr;
  line text;
  if (c.from == carrier::origin::pooled) {
    const char* lowest = c.state.lowest();
    if (address >= lowest || address < lowest - c.guard) return false;
    say_whose(text, task);
    text << ": its stack has " << c.state.size() << remedy;
  } else {
    const auto& [lowest, size] = watched_here->own;
    if (c.from != carrier::origin::loop || lowest == nullptr || address >= lowest + reach ||
        address < lowest - reach)
      return false;
    say_whose(text, task);
    text << ": the stack of the loop's thread has " << size
         << " bytes; nest fewer calls, or run the loop on a thread with a larger stack\n";
  }
  text.write();
  return true;
}

// --- the process ---

constexpr std::array signals{SIGSEGV, SIGBUS};

struct process_handlers {
  std::mutex mutex;
  unsigned loops = 0;
  std::array<bool, signals.size()> installed{};
  std::array<struct sigaction, signals.size()> before{};
};
constinit process_handlers process;

void on_fault(int signal, siginfo_t* info, void* context) noexcept {
  const int error = errno;
  const bool overflow = info->si_code > 0 && say_overflow(static_cast<const char*>(info->si_addr));
  const struct sigaction& before = process.before[signal == signals[0] ? 0 : 1];
  if (!overflow && (before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(signal, info, context);
  } else if (!overflow && before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    // The instruction is run again, and faults again, where a debugger should find it.
    sigaction(signal, &before, nullptr);
    if (info->si_code <= 0) raise(signal);  // somebody sent it
  }
  errno = error;
}

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &on_fault;
}

void install() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (process.installed[i]) continue;
    sigaction(signals[i], nullptr, &process.before[i]);
    struct sigaction ours {};
    ours.sa_sigaction = &on_fault;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    process.installed[i] = sigaction(signals[i], &ours, nullptr) == 0;
  }
}

void uninstall() noexcept {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    struct sigaction now {};
    sigaction(signals[i], nullptr, &now);
    // Somebody who came after us and calls us goes on doing so.
    if (!is_ours(now)) continue;
    sigaction(signals[i], &process.before[i], nullptr);
    process.installed[i] = false;
  }
}

std::size_t handlers_stack_size() noexcept {
  return std::max<std::size_t>(static_cast<std::size_t>(sysconf(_SC_SIGSTKSZ)),
                               std::size_t{64} * 1024);
}

}  // namespace

void overflow_watch::begin(const carrier* const* running) {
  static thread_local watched here;
  stack_t lent{};
  sigaltstack(nullptr, &lent);
  if ((lent.ss_flags & SS_DISABLE) != 0) {
    lent = {};
    lent.ss_size = handlers_stack_size();
    if (handlers_stack_ == nullptr)
      handlers_stack_ = std::make_unique_for_overwrite<char[]>(lent.ss_size);
    lent.ss_sp = handlers_stack_.get();
    if (sigaltstack(&lent, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaltstack");
    lent_ = true;
  }
  here.running = running;
  watched_here = &here;
  const std::lock_guard guard(process.mutex);
  if (process.loops++ == 0) install();
}

void overflow_watch::end() noexcept {
  {
    const std::lock_guard guard(process.mutex);
    if (--process.loops == 0) uninstall();
  }
  watched_here->running = nullptr;
  if (!std::exchange(lent_, false)) return;
  stack_t now{};
  sigaltstack(nullptr, &now);
  if (now.ss_sp != handlers_stack_.get()) return;
  now.ss_flags = SS_DISABLE;
  sigaltstack(&now, nullptr);
}

void die_of_overflow(const carrier& where) noexcept {
  line text;
  say_whose(text, where.task);
  text << ": something was written below its stack, which has " << where.state.size() << remedy;
  text.write();
  std::abort();
}

}  // namespace crossfade::fiber_backend::detail
