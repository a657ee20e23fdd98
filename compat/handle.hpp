#pragma once

#include <memory>
#include <utility>

#include "compat/detail/spawned.hpp"
#include "compat/op.hpp"

namespace crossfade {

/// A task that was spawned: to join, cancel or let go. Move-only.
///
/// Dropping a handle cancels its task, unless a group owns the task; `detach()` lets it run on. A
/// failure that nobody joins is reported once to the loop's error handler. Cancellation: a joiner
/// that is cancelled leaves; the joined task runs on. Threads: the loop's only. Source:
/// gevent.Greenlet, asyncio.Task. Differs: three ends that never mix; a handle owns its task.
template <class T = void>
class [[nodiscard("dropping a handle cancels its task: join it, keep it, or detach() it")]] handle {
 public:
  handle() = default;
  /// For the runtime. `owned`: dropping the handle cancels.
  handle(detail::task_record<T>& state, bool owned) noexcept : state_(&state), owned_(owned) {
    state.add_reference();
  }
  handle(handle&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)), owned_(other.owned_) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~handle() { drop(owned_); }

  /// Waits until the task has ended and gives its value, by move: a task with a value is joined
  /// once. Throws: the exception the task failed with, of any type; `task_cancelled` if it was
  /// cancelled; `usage_error` if it joins itself, was detached, or its value has been taken.
  op<T> join() {
    static constexpr typename op<T>::rules rules{
        {.name = "join", .leave = &leave, .holder = &joined, .until_end = true}, &start, &take};
    if (state_ == nullptr)
      throw usage_error("join on a handle without a task: it was detached or moved from");
    return {rules, state_};
  }

  /// Asks the task to end, does not wait; the first reason wins. A task that has not run yet never
  /// will.
  void cancel(std::string reason = "cancelled through its handle") {
    if (state_ != nullptr) state_->cancel(std::move(reason));
  }

  /// Lets the task run on by itself; the handle is empty afterwards.
  void detach() noexcept { drop(false); }

  bool done() const noexcept { return state_ == nullptr || state_->done(); }
  explicit operator bool() const noexcept { return state_ != nullptr; }
  std::uint64_t id() const noexcept { return state_ == nullptr ? 0 : state_->id; }
  /// For the runtime.
  detail::task_record<T>& record() const noexcept { return *state_; }

 private:
  using record_type = detail::task_record<T>;

  static record_type& of(const detail::op_base& o) noexcept {
    return static_cast<const op<T>&>(o).template object<record_type>();
  }
  static bool start(op<T>& o) {
    record_type& joined = of(o);
    if (&joined == &o.task()) throw usage_error(joined.label() + " joins itself");
    joined.add_reference();  // the handle may go meanwhile
    if (joined.done()) return true;
    joined.joiners.push(o);
    return false;
  }
  static T take(op<T>& o) {
    const std::unique_ptr<record_type, release> joined(&of(o));
    return joined->take();
  }
  static bool leave(detail::op_base& o) noexcept {
    of(o).joiners.remove(o);
    of(o).release();
    return true;
  }
  static std::uint64_t joined(const detail::op_base& o) noexcept { return of(o).id; }
  struct release {
    void operator()(record_type* joined) const noexcept { joined->release(); }
  };

  void drop(bool owned) noexcept {
    if (state_ != nullptr) std::exchange(state_, nullptr)->drop_handle(owned);
  }

  record_type* state_ = nullptr;
  bool owned_ = true;
};

/// A handle to a task that a group owns: it may be dropped, the group joins the task.
template <class T = void>
class child : public handle<T> {
 public:
  explicit child(handle<T>&& h) noexcept : handle<T>(std::move(h)) {}
};

}  // namespace crossfade
