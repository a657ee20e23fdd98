#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/detail/result.hpp"
#include "compat/detail/spawned.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/op.hpp"
#include "compat/task.hpp"
#include "coro_backend/detail/future_core.hpp"

namespace crossfade::coro_backend::detail {

class wait_base;

/// The record of an asyncio task. It can be cancelled many times, and each time its present or next
/// wait throws.
class task_core : public crossfade::detail::task_state {
 public:
  ~task_core() override = default;
  future_core& outcome() const noexcept { return outcome_; }
  event_loop& owner() const noexcept { return outcome_.owner(); }
  std::string display_name() const;
  void rename(std::string_view name) { new_name_ = name; }

  bool cancel_once_more(const cancel_message& message);
  unsigned cancelling() const noexcept { return cancels_; }
  unsigned uncancel() noexcept { return cancels_ > 0 ? --cancels_ : 0; }

  // --- for its waits ---
  /// A cancellation is due that no wait has taken up.
  bool must_cancel() const noexcept { return must_cancel_; }
  /// `w` is what it waits for, until `end_wait`. Cancels it if a cancellation is due.
  void begin_wait(wait_base& w);
  void end_wait() noexcept {
    wait_ = nullptr;
    step_begins();
  }
  /// After that, asyncio's other tasks cannot await it either while it runs; a quirk of CPython.
  bool has_awaited_itself() const noexcept { return has_awaited_itself_; }
  void set_has_awaited_itself() noexcept { has_awaited_itself_ = true; }
  /// The cancellation that is due has come to its end: what to throw.
  std::exception_ptr take_cancellation();
  /// Has the portable waits know of the cancellation that is due.
  void tell_portable_waits();

  // --- for the loop's list of tasks ---
  task_core* next_task() const noexcept { return next_; }

 protected:
  task_core(future_core& outcome, const crossfade::detail::task_origin& origin, bool blocking_text);

  /// Known, and ready.
  void enlist_in_loop();
  /// Its first turn. Not null: it is cancelled instead, by that.
  std::exception_ptr begin_body();
  /// The body ended: with this error, or none, or was never run. Says what the record shall know of
  /// it; the caller sets the value, where there is one and `wants_value`.
  const std::exception_ptr* end_body(const std::exception_ptr* error, bool ran, bool& wants_value);
  /// The last thing.
  void leave_loop() noexcept;
  virtual void end_cancelled(std::exception_ptr saved, const cancel_message& message) = 0;
  virtual void end_failed(const std::exception_ptr& error) noexcept = 0;

 private:
  friend class crossfade::coro_backend::event_loop;
  // Timed in debug mode.
  void step_begins() noexcept;
  void step_ends() noexcept;

  future_core& outcome_;
  wait_base* wait_ = nullptr;
  std::uint64_t turn_ = 0;    // the first
  std::uint64_t number_ = 0;  // of those of its loop
  unsigned cancels_ = 0;
  bool must_cancel_ = false;
  bool started_ = false;
  bool cancels_wait_ = false;  // what it waits for is being cancelled
  bool has_awaited_itself_ = false;
  cancel_message message_;
  std::chrono::steady_clock::time_point step_began_{};
  std::string new_name_;
  task_core* next_ = nullptr;
  task_core* before_ = nullptr;
};

/// The task that runs, null where none does or where it is not asyncio's.
task_core* current_task_core() noexcept;

/// An asyncio task with its function and arguments, which live until it ends.
template <class T, class F, class... A>
class task_of final : public future_of<T>, public task_core {
  static constexpr bool is_coroutine = crossfade::detail::is_coroutine_text<F, A...>;

 public:
  template <class... Given>
  task_of(event_loop& owner, const crossfade::detail::task_origin& origin, Given&&... given)
      : future_of<T>(owner),
        task_core(static_cast<future_core&>(*this), origin, !is_coroutine),
        call_(std::forward<Given>(given)...) {
    future_core::add_reference();  // until it has ended
    task_state::add_reference();   // until no other is left
    enlist_in_loop();
  }
  ~task_of() override {}

  static void* operator new(std::size_t size) { return crossfade::detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    crossfade::detail::deallocate_frame(memory, size);
  }

  bool cancel(const cancel_message& message) override { return cancel_once_more(message); }
  task_core* as_task() noexcept override { return this; }
  void add_holders(std::vector<std::uint64_t>& ids) noexcept override { ids.push_back(this->id); }

 private:
  void destroy() noexcept override { task_state::release(); }

  decltype(auto) call() {
    return std::apply(
        [](F& function, A&... arguments) -> decltype(auto) {
          return std::invoke(std::move(function), std::move(arguments)...);
        },
        call_);
  }
  void start_body() noexcept override {
    if (std::exception_ptr cancellation = begin_body()) {
      body_.set_error(std::move(cancellation));
      finish();
    } else if constexpr (is_coroutine) {
      try {
        call().start_as_root(*this, body_);
      } catch (...) {
        fail_to_start(std::current_exception());
      }
    } else {
      body_.set_from([this]() -> decltype(auto) { return call(); });
      finish();
    }
  }
  void call_on_stack() noexcept override {
    if (std::exception_ptr cancellation = begin_body()) {
      body_.set_error(std::move(cancellation));
      return;
    }
    body_.set_from([this]() -> decltype(auto) {
      if constexpr (is_coroutine) {
        return await(call());
      } else {
        return call();
      }
    });
  }
  const std::exception_ptr* drop_body() noexcept override {
    std::destroy_at(&call_);
    bool wants_value = false;
    const std::exception_ptr* known = end_body(body_.error(), !body_.empty(), wants_value);
    if (wants_value) {
      if constexpr (std::is_void_v<T>) {
        this->emplace();
      } else {
        this->emplace(body_.take());
      }
    }
    leave_loop();
    return known;
  }
  const std::exception_ptr* error() const noexcept override { return body_.error(); }
  void set_error(std::exception_ptr error) noexcept override { body_.set_error(std::move(error)); }
  void end_cancelled(std::exception_ptr saved, const cancel_message& message) override {
    future_core::end_cancelled(std::move(saved), message);
  }
  void end_failed(const std::exception_ptr& error) noexcept override {
    future_core::end_failed(error);
  }

  crossfade::detail::result<T> body_;
  union {
    std::tuple<F, A...> call_;
  };
};

}  // namespace crossfade::coro_backend::detail
