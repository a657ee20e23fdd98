#pragma once

#include <memory>
#include <utility>

#include "compat/detail/spawned.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {

/// The wait for the end of a task.
template <class T>
class join_op final : public waitable<join_op<T>> {
 public:
  explicit join_op(task_record<T>& joined) noexcept
      : waitable<join_op<T>>(rules_of_this), joined_(joined) {}

 private:
  friend waitable<join_op<T>>;
  bool start() {
    if (&joined_ == &this->task()) [[unlikely]]
      joined_.throw_joins_itself();
    joined_.add_reference();  // the handle may go meanwhile
    if (joined_.done()) return true;
    joined_.joiners.push(*this);
    return false;
  }
  T take() {
    const std::unique_ptr<task_record<T>, release> joined(&joined_);
    return joined->take();
  }
  static bool leave(op_base& o) noexcept {
    task_record<T>& joined = static_cast<join_op&>(o).joined_;
    joined.joiners.remove(o);
    joined.release();
    return true;
  }
  static std::uint64_t joined_id(const op_base& o) noexcept {
    return static_cast<const join_op&>(o).joined_.id;
  }
  static constexpr wait_rules rules_of_this{
      .name = "join", .leave = &leave, .holder = &joined_id, .until_end = true};
  struct release {
    void operator()(task_record<T>* joined) const noexcept { joined->release(); }
  };

  task_record<T>& joined_;
};

}  // namespace detail

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
  detail::join_op<T> join() {
    if (state_ == nullptr) [[unlikely]]
      detail::throw_nothing_to_join();
    return detail::join_op<T>(*state_);
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
  void drop(bool owned) noexcept {
    if (state_ != nullptr) std::exchange(state_, nullptr)->drop_handle(owned);
  }

  detail::task_record<T>* state_ = nullptr;
  bool owned_ = true;
};

/// A handle to a task that a group owns: it may be dropped, the group joins the task.
template <class T = void>
class child : public handle<T> {
 public:
  explicit child(handle<T>&& h) noexcept : handle<T>(std::move(h)) {}
};

}  // namespace crossfade
