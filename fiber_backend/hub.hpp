#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "compat/clock.hpp"
#include "compat/detail/loop_guest.hpp"
#include "compat/detail/ready_queue.hpp"
#include "compat/op.hpp"
#include "fiber_backend/detail/wake.hpp"

namespace crossfade::fiber_backend {

class backend;
class any_greenlet;

namespace detail {

class raw_core;

/// Something that a running timer keeps alive.
class kept_by_timer {
 public:
  kept_by_timer(const kept_by_timer&) = delete;
  kept_by_timer& operator=(const kept_by_timer&) = delete;
  virtual ~kept_by_timer() = default;
  /// The hub goes and the timer will not fire.
  virtual void let_go() noexcept = 0;

 protected:
  kept_by_timer() = default;
};

/// Waits until the hub's turn has come round, or for a length of time.
class sleep_op final : public crossfade::detail::waitable<sleep_op> {
 public:
  explicit sleep_op(duration length) noexcept : waitable(rules_of_this), length_(length) {}

 private:
  friend waitable<sleep_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(crossfade::detail::op_base& op) noexcept;
  bool start() noexcept;
  void take() noexcept;

  wait_limit limit_;
  duration length_;
};

}  // namespace detail

/// Somebody's error that nobody will handle.
struct error_report {
  const any_greenlet* greenlet;  ///< null: a link's, a raw greenlet's or the hub's own
  std::exception_ptr error;
};

/// gevent's view of the loop: its errors, its end, who is idle.
///
/// One for each loop that has a `fiber_backend::backend`; `get_hub()` finds it. gevent's turn is
/// the loop's: what is ready runs until nothing is, then the earliest timer, whose task goes on at
/// once. Threads: the loop's only. Source: gevent.get_hub(). Differs: it is no greenlet; I/O is
/// looked at meanwhile.
class hub final : public crossfade::detail::loop_guest {
 public:
  explicit hub(backend& carrier) noexcept : carrier_(carrier) {}
  ~hub() override;

  /// Has errors that nobody handles passed to `handler`, at the moment they happen. It must neither
  /// wait nor throw. By default they go to the loop's error handler. Source: Hub.handle_error.
  void on_error(std::function<void(const error_report&)> handler) {
    on_error_ = std::move(handler);
  }
  /// Waits until nothing can happen any more: nothing is ready and no timer runs. Cancellation: as
  /// any wait. Throws: `usage_error` where it is not the run's main task that waits. Source:
  /// Hub.join, gevent.wait() without objects. Differs: no time limit.
  op<> join();

  // --- for the other parts of this folder ---
  void handle_error(detail::raw_core* greenlet, std::exception_ptr error) noexcept;
  backend& carrier() const noexcept { return carrier_; }
  crossfade::detail::scheduler& sched() const noexcept;
  op<> idle();
  std::unordered_set<detail::kept_by_timer*>& kept_by_timers() noexcept { return kept_by_timers_; }
  void quiet() override;
  bool waits_for_quiet() const noexcept override { return !idle_.empty(); }
  bool stuck() override;

 private:
  backend& carrier_;
  std::function<void(const error_report&)> on_error_;
  crossfade::detail::wait_queue idle_;
  crossfade::detail::wait_queue joiner_;
  std::unordered_set<detail::kept_by_timer*> kept_by_timers_;
};

/// The hub of the loop that runs on this thread. Throws: `usage_error` if none does, or it has no
/// `fiber_backend::backend`. Source: gevent.get_hub.
hub& get_hub();

/// Lets time pass, or with zero, everything that is ready run once.
///
/// Order: woken from a length of time the task goes on at once, before what is ready. Units: any
/// `std::chrono` duration; less than zero counts as zero. Cancellation: as any wait. Source:
/// gevent.sleep. Differs from the portable `sleep`, which sends the task to the end of the
/// ready queue.
[[nodiscard]] inline detail::sleep_op sleep(duration length = {}) noexcept {
  return detail::sleep_op(length);
}

/// Waits until nothing is ready. Cancellation: as any wait. Source: gevent.idle. Differs: no
/// priorities.
[[nodiscard]] op<> idle();

/// Who runs: a number that no other task, nor greenlet, of this loop has or had; 0 on the hub. A
/// greenlet has the same all its life. Source: gevent.thread.get_ident.
std::uint64_t get_ident() noexcept;

}  // namespace crossfade::fiber_backend
