#pragma once

#include <boost/intrusive_ptr.hpp>
#include <memory>

#include "compat/detail/scheduler.hpp"
#include "compat/detail/stack_host.hpp"
#include "fiber_backend/backend.hpp"
#include "fiber_backend/detail/algorithm.hpp"
#include "fiber_backend/detail/carrier.hpp"
#include "fiber_backend/detail/overflow.hpp"
#include "fiber_backend/detail/stack_pool.hpp"

namespace crossfade::fiber_backend::detail {

/// Stacks for the loop, on Boost.Fiber.
///
/// A stack that parks switches straight to the next ready stack; the hub comes in between only when
/// something else is first in the queue or the batch of turns is used up. A pooled fiber whose task
/// has ended takes the next one that wants to start without a switch. Boost.Fiber's dispatcher,
/// which releases ended fibers and wakes sleeping ones, is kept out of the ready queue and given
/// its turn by `tend`.
class engine final : public crossfade::detail::stack_host {
 public:
  engine(crossfade::detail::scheduler& sched, const backend_options& options);

  void begin_run() override;
  void end_run() noexcept override;
  void resume(crossfade::detail::ready_node& node) noexcept override;
  void start(crossfade::detail::task_state& task) override;
  void park() noexcept override;
  bool enter(crossfade::detail::task_state& task, void (*body)(void*) noexcept,
             void* argument) override;
  time_point tend() noexcept override;
  bool needs_tending() const noexcept override { return foreign_seen_; }

  /// Ends the program if a stack is still in use: its fiber would go on without us.
  void require_no_tasks() const noexcept;
  void retire_idle_stacks();
  std::size_t stacks() const noexcept { return stacks_; }
  stack_stats stats() const noexcept;

  // --- for the fibers it makes ---
  void main_of(carrier& self) noexcept;

  // --- for the algorithm ---
  CROSSFADE_NO_TSAN void awakened(boost::fibers::context& context) noexcept;
  CROSSFADE_NO_TSAN boost::fibers::context* pick_next() noexcept;
  bool has_ready_fibers() const noexcept;
  CROSSFADE_NO_TSAN void dispatcher_is_idle_until(
      std::chrono::steady_clock::time_point due) noexcept;
  void woken_by_another_thread() noexcept;

 private:
  carrier& idle_or_new();
  carrier& make_carrier();
  carrier& pop_idle() noexcept;
  void push_idle(carrier& c) noexcept;
  static void assign(carrier& c, crossfade::detail::task_state& task) noexcept;
  void run_portal(carrier& self) noexcept;
  static carrier& carrier_of(boost::fibers::context& context);
  CROSSFADE_NO_TSAN void notice_launch() noexcept;
  CROSSFADE_NO_TSAN carrier& next_or_hub() noexcept;
  CROSSFADE_NO_TSAN void switch_to(carrier& to) noexcept;

  crossfade::detail::scheduler& sched_;
  const backend_options options_;
  const std::shared_ptr<stack_pool> pool_;
  boost::intrusive_ptr<algorithm> algorithm_;
  overflow_watch overflow_;                  // while a run lasts
  std::unique_ptr<carrier> hub_;             // while a run lasts
  std::unique_ptr<carrier> dispatcher_;      // from the first run on
  exception_globals* exceptions_ = nullptr;  // of the thread that runs the loop
  carrier* active_ = nullptr;                // whose stack runs now
  carrier* being_made_ = nullptr;  // Boost.Fiber calls it ready, but it has nothing to do yet
  carrier* in_call_ = nullptr;     // whose portal has not ended, while the hub is inside `enter`
  carrier* idle_ = nullptr;
  std::size_t idle_count_ = 0;
  std::size_t stacks_ = 0;
  time_point foreign_due_ = time_point::max();
  bool foreign_seen_ = false;  // some fiber was made by Boost.Fiber itself
  bool leaving_ = false;       // no run lasts: the stock algorithm has what is ready
  bool dispatcher_ready_ = false;
  bool to_hub_ = false;  // the fiber that ends now was a portal's
};

}  // namespace crossfade::fiber_backend::detail
