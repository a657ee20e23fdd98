#pragma once

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string_view>

#include "compat/detail/scheduler.hpp"

namespace crossfade::detail {

/// A name in memory of its own, for where nothing may be allocated; cut off if it is too long.
template <std::size_t Size>
class fixed_text {
 public:
  fixed_text& operator=(std::string_view text) noexcept {
    size_ = text.copy(text_.data(), Size);
    return *this;
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, Size> text_;
  std::size_t size_ = 0;
};

/// What a thread that runs a loop was at: whose turn it was, and its stack.
struct stack_sample {
  moment at;
  std::uint64_t task = 0;  // 0: none; then the rest of it is empty
  fixed_text<64> name;
  fixed_text<64> subsystem;
  fixed_text<16> backend;
  std::source_location site;
  fixed_text<128> allowed;  // why it may keep the loop, if somebody said so
  std::array<void*, 128> frames;
  int depth = 0;
  int skipped = 0;  // frames of the sampler's own
};

/// Takes samples of the thread it was made on, for another thread: by a signal whose handler writes
/// into memory that is there before.
///
/// The handler, once installed, stays: the signal may still be under way. It does nothing without a
/// sampler. Threads: made and destroyed on the thread that runs the loop; `ask` and what follows by
/// one other. Throws: `usage_error` if the loop has a sampler, or the signal a handler of somebody
/// else's.
class stack_sampler {
 public:
  stack_sampler(scheduler& watched, int signal);
  ~stack_sampler();
  stack_sampler(const stack_sampler&) = delete;
  stack_sampler& operator=(const stack_sampler&) = delete;

  /// Asks for a sample of this moment. What was asked for before is forgotten.
  void ask() noexcept;
  /// The sample; null until it is taken, and again once the next is asked for.
  const stack_sample* taken() const noexcept {
    return state_.load(std::memory_order_acquire) == state::taken ? &sample_ : nullptr;
  }

 private:
  enum class state : std::uint8_t { idle, asked, taken };

  static void on_signal(int, siginfo_t* info, void* context) noexcept;
  void take(void* context) noexcept;
  void lend_handlers_stack();
  void end_handlers_stack() noexcept;

  scheduler& watched_;
  const int signal_;
  const pthread_t thread_;
  std::unique_ptr<char[]> handlers_stack_;  // null: the thread had one
  std::atomic<state> state_ = state::idle;
  stack_sample sample_;
};

}  // namespace crossfade::detail
