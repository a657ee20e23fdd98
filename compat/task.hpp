#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <source_location>
#include <utility>

#include "compat/detail/never_awaited.hpp"
#include "compat/detail/result.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/op.hpp"

namespace crossfade {

template <class T>
class task;

namespace detail {

// Refers to an operation where it stands; g++ 12 would otherwise copy it into the frame, and
// operations are immovable.
template <class Op>
struct in_place {
  Op& op;
  [[gnu::always_inline]] bool await_ready() const { return op.await_ready(); }
  [[gnu::always_inline]] auto await_suspend(std::coroutine_handle<> caller) const {
    return op.await_suspend(caller);
  }
  [[gnu::always_inline]] decltype(auto) await_resume() const { return op.await_resume(); }
};

class task_promise_base {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    deallocate_frame(memory, size);
  }

  auto final_suspend() noexcept {
    if (root_ != nullptr) root_->body_ends();
    return final_awaiter{root_ != nullptr};
  }

  template <awaitable A>
  auto await_transform(A&& awaited) const noexcept {
    if constexpr (requires { std::forward<A>(awaited).operator co_await(); }) {
      return std::forward<A>(awaited).operator co_await();
    } else {
      return in_place<std::remove_reference_t<A>>{awaited};
    }
  }

  /// Runs the body until it ends or suspends. True: it has ended.
  ///
  /// Inlined into each coroutine that awaits one, as its callers are: an indirect call that all
  /// coroutines shared would mostly be mispredicted.
  [[gnu::always_inline]] bool run(std::coroutine_handle<> self) {
    stage_ = stage::running;
    self.resume();
    return stage_ == stage::ended;
  }
  /// The body has suspended; when it ends, `continuation` goes on.
  void continue_with(std::coroutine_handle<> continuation) noexcept {
    continuation_ = continuation;
    stage_ = stage::suspended;
  }
  bool has_begun() const noexcept { return stage_ != stage::created; }
  /// The end of the body is the end of the task.
  void set_root(task_state& root) noexcept { root_ = &root; }

 private:
  enum class stage : std::uint8_t { created, running, suspended, ended };

  // The outermost body does not suspend at its end, so its frame goes by itself.
  //
  // Another one that ends while its caller is still inside `run` only says so. Transferring to the
  // caller instead would be no tail call in debug and sanitizer builds, and a loop over such calls
  // would eat the stack.
  struct final_awaiter {
    bool outermost;
    bool await_ready() const noexcept { return outermost; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      task_promise_base& promise = self.promise();
      if (std::exchange(promise.stage_, stage::ended) == stage::running)
        return std::noop_coroutine();
      return promise.continuation_;
    }
    void await_resume() const noexcept {}
  };

  std::coroutine_handle<> continuation_;
  task_state* root_ = nullptr;
  stage stage_ = stage::created;
};

template <class T>
class task_promise_to : public task_promise_base {
 public:
  task_promise_to() noexcept {}
  std::suspend_always initial_suspend(
      std::source_location here = std::source_location::current()) noexcept {
    std::construct_at(&written, here);
    return {};
  }
  void unhandled_exception() noexcept { result->set_error(std::current_exception()); }

  union {
    std::source_location written;  // until the body runs
    detail::result<T>* result;     // set before it does
  };
};

template <class T>
class task_promise : public task_promise_to<T> {
 public:
  task<T> get_return_object() noexcept;
  template <class U = T>
  void return_value(U&& value) {
    this->result->set_value(std::forward<U>(value));
  }
};

template <>
class task_promise<void> : public task_promise_to<void> {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept { result->set_value(); }
};

}  // namespace detail

/// Coroutine text: the body of a function that returns it runs, once awaited, as part of the
/// awaiting task, on either backend.
///
/// Immovable, awaited in the expression that makes it, so arguments by reference cannot dangle; to
/// run it beside the caller, give the function and its arguments to `spawn`. A task that is not
/// awaited never runs. Cancellation: that of the awaiting task. Throws: what the body throws, of
/// whatever type. Source: `await coroutine()` of asyncio, a plain call of gevent.
template <class T = void>
class [[nodiscard(
    "a task does nothing until it is awaited: co_await it, or spawn its function")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using crossfade_awaitable = void;

  task(const task&) = delete;
  task& operator=(const task&) = delete;
  ~task() {
    if (!frame_) return;
    if (!frame_.promise().has_begun()) [[unlikely]]
      detail::report_never_awaited(frame_.promise().written);
    frame_.destroy();
  }

  class awaiter;
  awaiter operator co_await() && noexcept { return awaiter(*this); }

  /// For the runtime: runs the body as the outermost of `root`, on the loop's stack, until it
  /// waits. Its result goes to `result`.
  void start_as_root(detail::task_state& root, detail::result<T>& result) && noexcept {
    frame_.promise().set_root(root);
    frame_.promise().result = &result;
    std::exchange(frame_, nullptr).resume();
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
class task<T>::awaiter {
 public:
  // On a stack nothing in the body ever suspends, so it has ended when `run` returns.
  [[gnu::always_inline]] bool await_ready() {
    awaited_.frame_.promise().result = &result_;
    return detail::task_state::current().on_stack() &&
           awaited_.frame_.promise().run(awaited_.frame_);
  }
  [[gnu::always_inline]] bool await_suspend(std::coroutine_handle<> caller) {
    promise_type& promise = awaited_.frame_.promise();
    if (promise.run(awaited_.frame_)) return false;
    promise.continue_with(caller);
    return true;
  }
  T await_resume() { return result_.take(); }

 private:
  friend task;
  explicit awaiter(task& awaited) noexcept : awaited_(awaited) {}

  task& awaited_;
  detail::result<T> result_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

namespace detail {

template <class T>
struct body_result {
  using type = T;
  static constexpr bool is_task = false;
};
template <class T>
struct body_result<task<T>> {
  using type = T;
  static constexpr bool is_task = true;
};

/// What calling `F` with `A...` gives in the end, and whether it is coroutine text.
template <class F, class... A>
using result_of = typename body_result<std::invoke_result_t<F, A...>>::type;
template <class F, class... A>
inline constexpr bool is_coroutine_text = body_result<std::invoke_result_t<F, A...>>::is_task;

}  // namespace detail

}  // namespace crossfade
