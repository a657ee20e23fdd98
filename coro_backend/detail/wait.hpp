#pragma once

#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "compat/op.hpp"
#include "coro_backend/detail/exception_kind.hpp"
#include "coro_backend/detail/future_core.hpp"
#include "coro_backend/detail/task_core.hpp"

namespace crossfade::coro_backend::detail {

/// What asyncio knows of a wait: how it is cancelled, and that a cancellation which comes too late
/// for it is thrown all the same.
class wait_base {
 public:
  wait_base(const wait_base&) = delete;
  wait_base& operator=(const wait_base&) = delete;

  /// False: the wait goes on as if nothing had been said.
  virtual bool cancel(const cancel_message& message) = 0;

 protected:
  explicit wait_base(event_loop& owner) noexcept : owner_(owner) {}
  ~wait_base() = default;

  event_loop& owner() const noexcept { return owner_; }
  /// Whether an asyncio task waits.
  bool is_asyncio() const noexcept { return task_ != nullptr; }
  void enter();
  /// It waits indeed.
  void begin();
  /// It has its turn, or never waited. Throws a cancellation that is due.
  void resume();
  /// What was waited for has come.
  void complete(crossfade::detail::op_base& op) noexcept;

 private:
  /// What was waited for is a cancellation itself, which then is the one that is thrown; or null.
  virtual std::exception_ptr cancellation_that_came() = 0;
  void resume_cancelled();

  event_loop& owner_;
  task_core* task_ = nullptr;  // null: the task that waits is none of asyncio's
  std::uint64_t turn_ = 0;     // in which it goes on
  bool waits_ = false;
};

/// An operation that knows both the portable protocol and asyncio's. What waits is an asyncio task
/// or any other; each is cancelled by the rules of its own kind.
template <class Derived>
class asyncio_op : public crossfade::detail::waitable<Derived>, public wait_base {
  using base = crossfade::detail::waitable<Derived>;

 public:
  bool await_ready() {
    enter();
    return base::await_ready();
  }
  decltype(auto) await_resume() {
    resume();
    return base::await_resume();
  }

 protected:
  asyncio_op(event_loop& owner, const crossfade::detail::wait_rules& rules) noexcept
      : base(rules), wait_base(owner) {}
  ~asyncio_op() = default;
};

/// Lets the loop go round once: the bare yield of asyncio.
class yield_op final : public asyncio_op<yield_op> {
 public:
  explicit yield_op(event_loop& owner) noexcept : asyncio_op(owner, rules_of_this) {}
  bool cancel(const cancel_message& /*message*/) override { return false; }

 private:
  friend crossfade::detail::waitable<yield_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  bool start();
  void take() const noexcept {}
  std::exception_ptr cancellation_that_came() override { return nullptr; }
};

/// What the wait for a future is, but for its value.
class future_wait_core : public link {
 public:
  future_core& of() const noexcept { return *of_; }

 protected:
  explicit future_wait_core(future_core& of) noexcept : of_(&of) {}
  ~future_wait_core() = default;
  void leave() noexcept;
  void forget() noexcept override {}

  counted<future_core> of_;
  bool waits_for_itself_ = false;
};

[[noreturn]] void throw_waits_for_itself(const crossfade::detail::task_state& task);

/// The wait for a future. An asyncio task that is cancelled meanwhile cancels the future; another
/// leaves it.
template <class T>
class future_wait final : public asyncio_op<future_wait<T>>, private future_wait_core {
 public:
  explicit future_wait(future_of<T>& of) noexcept
      : asyncio_op<future_wait>(of.owner(), of.rules() != nullptr ? *of.rules() : shared_rules),
        future_wait_core(of) {}
  bool cancel(const cancel_message& message) override {
    return !waits_for_itself_ && of().cancel(message);
  }

  static constexpr crossfade::detail::wait_rules rules_named(const char* name) noexcept {
    return {.name = name,
            .leave = &leave_op,
            .holder = nullptr,
            .until_end = true,
            .holders = &add_holders};
  }

 private:
  friend crossfade::detail::waitable<future_wait>;
  static const crossfade::detail::wait_rules shared_rules;
  static bool leave_op(crossfade::detail::op_base& op) noexcept {
    static_cast<future_wait&>(op).future_wait_core::leave();
    return true;
  }
  static void add_holders(const crossfade::detail::op_base& op, std::vector<std::uint64_t>& ids) {
    static_cast<const future_wait&>(op).of().add_holders(ids);
  }

  bool start() {
    if (of().done()) return true;
    if (task_core* const awaited = of().as_task(); awaited != nullptr) {
      if (awaited->has_awaited_itself() && this->is_asyncio()) throw_waits_for_itself(*awaited);
      if (awaited == &this->task()) {
        awaited->set_has_awaited_itself();
        waits_for_itself_ = true;
        this->begin();
        wait_base::complete(*this);
        return false;
      }
    }
    of().add(*this);
    this->begin();
    return false;
  }
  T take() {
    if (waits_for_itself_) throw_waits_for_itself(this->task());
    return static_cast<future_of<T>&>(of()).result();
  }
  void done(future_core& /*of*/) noexcept override { wait_base::complete(*this); }
  std::exception_ptr cancellation_that_came() override {
    if (waits_for_itself_) return nullptr;
    std::exception_ptr outcome = of().outcome();
    if (of().cancelled() || is_cancellation(outcome)) return outcome;
    return nullptr;
  }
};

template <class T>
constexpr crossfade::detail::wait_rules future_wait<T>::shared_rules = rules_named("a future");

/// Rules for a private future of this name.
constexpr crossfade::detail::wait_rules private_rules(const char* name) noexcept {
  return future_wait<void>::rules_named(name);
}

}  // namespace crossfade::coro_backend::detail
