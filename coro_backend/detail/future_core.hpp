#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "compat/detail/frame_pool.hpp"
#include "compat/detail/op_base.hpp"
#include "coro_backend/detail/handle_core.hpp"
#include "coro_backend/detail/link.hpp"
#include "coro_backend/errors.hpp"

namespace crossfade::coro_backend {
class event_loop;
}

namespace crossfade::coro_backend::detail {

class task_core;

/// What is the same of all futures, whatever their value. Counted references: each handle one, a
/// task that runs one on itself.
class future_core {
 public:
  explicit future_core(event_loop& owner) noexcept : owner_(owner) {}
  future_core(const future_core&) = delete;
  future_core& operator=(const future_core&) = delete;
  virtual ~future_core();

  static void* operator new(std::size_t size) { return crossfade::detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    crossfade::detail::deallocate_frame(memory, size);
  }
  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) last_reference_gone();
  }

  event_loop& owner() const noexcept { return owner_; }
  bool done() const noexcept { return stage_ != stage::pending; }
  bool cancelled() const noexcept { return stage_ == stage::cancelled; }
  bool failed() const noexcept { return stage_ == stage::failed; }
  bool finished() const noexcept { return stage_ == stage::finished; }

  /// False: it is done already.
  virtual bool cancel(const cancel_message& message);
  void set_exception(std::exception_ptr error);
  /// What it failed with, null if it did not. Throws: if it is cancelled or pending.
  std::exception_ptr exception();
  /// Throws what it ended with, unless that is a value.
  void require_value();
  /// What it ended with; null: a value. It counts as retrieved.
  std::exception_ptr outcome();
  /// Reads what it failed with and has no effect.
  const std::exception_ptr& peek_exception() const noexcept { return error_; }
  /// What is thrown for a future that is cancelled: what it was cancelled by, once.
  std::exception_ptr make_cancelled_error();
  const cancel_message& message() const noexcept { return message_; }
  void mark_retrieved() noexcept { unretrieved_ = false; }
  /// It failed, and nobody has asked.
  bool unretrieved() const noexcept { return unretrieved_; }

  /// Calls `done` once it is.
  void add(link& l) noexcept;
  void remove(link& l) noexcept { links_.remove(l); }
  /// How many there were.
  std::size_t remove(const void* identity) noexcept;
  /// Has `function(future_core&)` called in a turn of its own once this is done.
  template <class F>
  void add_done_callback(F&& function, const void* identity) {
    auto* callback = new function_handle<done_callback, std::decay_t<F>>(std::forward<F>(function),
                                                                         owner_, identity);
    callback->add_reference();
    add(*callback);
  }

  /// Null: it is no task.
  virtual task_core* as_task() noexcept { return nullptr; }
  /// Adds the ids of the tasks without which it is not done.
  virtual void add_holders(std::vector<std::uint64_t>& /*ids*/) noexcept {}
  /// Made for one wait and its waiter, who takes it along when interrupted.
  bool is_private() const noexcept { return rules_ != nullptr; }
  /// The rules of the wait for a private one; otherwise null.
  const crossfade::detail::wait_rules* rules() const noexcept { return rules_; }
  /// The only waiter of a private one was interrupted: nobody is to be told.
  void abandon() noexcept { stage_ = stage::cancelled; }

 protected:
  enum class stage : std::uint8_t { pending, cancelled, finished, failed };

  virtual void destroy() noexcept { delete this; }
  void require_pending() const;
  void be_private(const crossfade::detail::wait_rules& rules) noexcept { rules_ = &rules; }
  /// Schedules those who wait for it.
  void end(stage s) noexcept;
  void end_cancelled(std::exception_ptr saved, const cancel_message& message);
  void end_failed(std::exception_ptr error) noexcept;

 private:
  void last_reference_gone() noexcept;

  event_loop& owner_;
  link_list links_;
  std::exception_ptr error_;  // or what a task was cancelled by
  cancel_message message_;
  const crossfade::detail::wait_rules* rules_ = nullptr;
  std::uint32_t references_ = 0;
  stage stage_ = stage::pending;
  bool unretrieved_ = false;
};

/// A future with its value.
template <class T>
class future_of : public future_core {
  static_assert(!std::is_reference_v<T>, "a future holds a value: return a pointer, or std::ref");

 public:
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  using future_core::future_core;

  template <class... U>
  void set_result(U&&... value) {
    require_pending();
    emplace(std::forward<U>(value)...);
  }
  /// Everybody who asks gets a copy; of a type that has none, the first gets the value.
  T result() {
    require_value();
    if constexpr (std::is_copy_constructible_v<stored>) {
      return static_cast<T>(*value_);
    } else {
      return std::move(*value_);
    }
  }
  const stored& peek() const noexcept { return *value_; }

 protected:
  template <class... U>
  void emplace(U&&... value) {
    value_.emplace(std::forward<U>(value)...);
    end(stage::finished);
  }

 private:
  std::optional<stored> value_;
};

/// The future of one wait: for those in the queue of a lock, or in `sleep`.
class private_future : public future_of<void> {
 public:
  private_future(event_loop& owner, const crossfade::detail::wait_rules& rules) : future_of(owner) {
    be_private(rules);
  }
  /// Nothing if it is done, or its waiter left.
  void set_unless_done() {
    if (!done()) set_result();
  }
};

}  // namespace crossfade::coro_backend::detail
