#include "coro_backend/sqlite_driver.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "compat/detail/thread_pool.hpp"
#include "compat/loop.hpp"
#include "compat/op.hpp"

namespace crossfade::coro_backend {

namespace {

using crossfade::detail::ready_callback;
using crossfade::detail::scheduler;
using crossfade::detail::thread_job;
using sqlite::detail::work;

// How often a running statement asks whether it is to stop.
constexpr int instructions_per_tick = 1000;

class on_thread final : public sqlite::detail::executor {
 public:
  on_thread() : executor(instructions_per_tick) {}

  task<> run(work& piece) override { co_await piece_op(*this, piece); }
  bool tick() noexcept override { return !stop_; }
  bool pause(duration length) noexcept override {
    std::unique_lock guard(mutex_);
    return !stopped_.wait_for(guard, length, [this] { return stop_.load(); });
  }

 private:
  class piece_op final : public crossfade::detail::waitable<piece_op>,
                         private thread_job,
                         private ready_callback {
   public:
    piece_op(on_thread& owner, work& piece) noexcept
        : waitable(rules_of_this),
          thread_job(&run_on_thread),
          ready_callback(&take_turn),
          owner_(owner),
          piece_(piece) {}

   private:
    friend crossfade::detail::waitable<piece_op>;
    static const crossfade::detail::wait_rules rules_of_this;

    bool start() {
      scheduler& sched = *task().sched;
      owner_.stop_ = false;
      owner_.thread_.submit(*this);
      ++sched.threads_busy;
      return false;
    }
    static void run_on_thread(thread_job& job) noexcept {
      auto& self = static_cast<piece_op&>(job);
      loop& owner = self.task().sched->owner;
      // A piece that somebody else has interrupted has failed, and is not cut short.
      self.cut_short_ = (self.owner_.stop_ || self.piece_.run()) && self.owner_.stop_;
      owner.enqueue(self);
    }
    static void take_turn(ready_callback& callback, use) {
      auto& self = static_cast<piece_op&>(callback);
      --self.task().sched->threads_busy;
      self.cut_short_ ? self.complete_interrupted() : self.complete();
    }
    // The thread may be anywhere in the piece: the handle is not free, and its state not known,
    // before it says so.
    static bool leave(op_base& op) noexcept {
      auto& self = static_cast<piece_op&>(op);
      self.owner_.stop();
      self.piece_.interrupt();
      return false;
    }
    void take() const noexcept {}

    on_thread& owner_;
    work& piece_;
    bool cut_short_ = false;
  };

  void stop() noexcept {
    const std::lock_guard guard(mutex_);
    stop_ = true;
    stopped_.notify_one();
  }

  // Of the piece under way. SQLite forgets an interrupt that comes just before a statement; this
  // is not forgotten.
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable stopped_;
  // Last: its thread uses the rest until it is joined.
  crossfade::detail::thread_pool thread_{1};
};

const crossfade::detail::wait_rules on_thread::piece_op::rules_of_this{
    .name = "a statement", .leave = &leave, .holder = nullptr};

}  // namespace

std::unique_ptr<sqlite::detail::executor> sqlite_driver::make_executor() const {
  return std::make_unique<on_thread>();
}

}  // namespace crossfade::coro_backend
