#pragma once

#include <coroutine>
#include <exception>
#include <stdexcept>
#include <utility>

#include "compat/detail/result.hpp"

namespace conformance {

/// A piece of the interpreter: a coroutine that awaits other pieces and what the library has to be
/// awaited. Unlike the library's tasks it can also be run where no task runs, as a callback is,
/// provided that nothing in it waits.
template <class T = void>
class [[nodiscard]] script {
 public:
  class promise_type;
  using crossfade_awaitable = void;  // tasks await it too

  script(script&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  script& operator=(script&&) = delete;
  ~script() {
    if (frame_) frame_.destroy();
  }

  // A piece that ends without having waited does not suspend its caller, so that a loop over many
  // does not nest.
  bool await_ready() {
    frame_.resume();
    return frame_.done();
  }
  void await_suspend(std::coroutine_handle<> caller) { frame_.promise().caller = caller; }
  T await_resume() { return frame_.promise().result.take(); }

  /// Runs it where nobody may suspend: on a stack, or in a callback.
  T run() {
    frame_.resume();
    if (!frame_.done()) throw std::logic_error("a wait where none is possible");
    return await_resume();
  }

 private:
  explicit script(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

struct script_end {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
    if (self.promise().caller) return self.promise().caller;
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct script_promise {
  std::suspend_always initial_suspend() const noexcept { return {}; }
  script_end final_suspend() const noexcept { return {}; }
  std::coroutine_handle<> caller;
};

}  // namespace detail

template <class T>
class script<T>::promise_type : public detail::script_promise {
 public:
  script get_return_object() {
    return script(std::coroutine_handle<promise_type>::from_promise(*this));
  }
  template <class U = T>
  void return_value(U&& value) {
    result.set_value(std::forward<U>(value));
  }
  void unhandled_exception() { result.set_error(std::current_exception()); }

  crossfade::detail::result<T> result;
};

}  // namespace conformance
