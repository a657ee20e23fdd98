#pragma once

#include <string_view>

namespace crossfade {

class loop;

/// One of the two ways to carry a task: on a stack of its own, or as a coroutine frame.
///
/// A backend only says how its tasks are carried; the loop runs the tasks of all backends from one
/// queue. Lifetime: outlives its tasks, and is destroyed before its loop.
class backend {
 public:
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;

  /// The name that a flag's variant gives it: "fiber", "coro".
  std::string_view name() const noexcept { return name_; }
  /// Whether blocking text may wait in any task of this backend.
  bool has_stack() const noexcept { return has_stack_; }
  loop& owner() const noexcept { return loop_; }

 protected:
  backend(loop& owner, std::string_view name, bool has_stack) noexcept
      : loop_(owner), name_(name), has_stack_(has_stack) {}
  ~backend() = default;

 private:
  loop& loop_;
  std::string_view name_;
  bool has_stack_;
};

}  // namespace crossfade
