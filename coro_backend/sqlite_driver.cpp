#include "coro_backend/sqlite_driver.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "compat/detail/spin_wait.hpp"
#include "compat/loop.hpp"
#include "compat/op.hpp"

namespace crossfade::coro_backend {

namespace {

using crossfade::detail::ready_callback;
using sqlite::detail::work;

// How often a running statement asks whether it is to stop.
constexpr int instructions_per_tick = 1000;

class on_thread final : public sqlite::detail::executor {
 public:
  on_thread() : executor(instructions_per_tick, true) {}
  ~on_thread() override {
    {
      const std::lock_guard guard(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  task<> run(work& piece) override { co_await piece_op(*this, piece); }
  bool tick() noexcept override { return !stop_; }
  bool pause(duration length) noexcept override {
    std::unique_lock guard(mutex_);
    return !changed_.wait_for(guard, length, [this] { return stop_.load(); });
  }

 private:
  class piece_op final : public crossfade::detail::waitable<piece_op>, private ready_callback {
   public:
    piece_op(on_thread& owner, work& piece) noexcept
        : waitable(rules_of_this), ready_callback(&take_turn), owner_(owner), piece_(piece) {}

   private:
    friend on_thread;
    friend crossfade::detail::waitable<piece_op>;
    static const crossfade::detail::wait_rules rules_of_this;

    bool start() {
      owner_.submit(*this);
      ++task().sched->threads_busy;
      return false;
    }
    static void take_turn(ready_callback& callback, use) {
      auto& self = static_cast<piece_op&>(callback);
      --self.task().sched->threads_busy;
      self.cut_short_ ? self.complete_interrupted() : self.complete();
    }
    static bool leave(op_base& op) noexcept {
      auto& self = static_cast<piece_op&>(op);
      if (!self.owner_.withdraw(self)) return false;
      --self.task().sched->threads_busy;
      return true;
    }
    void take() const noexcept {}

    on_thread& owner_;
    work& piece_;
    std::uint64_t number_ = 0;  // in the order in which they were given
    bool cut_short_ = false;
  };

  // --- on the loop's thread ---
  void submit(piece_op& piece) {
    {
      const std::lock_guard guard(mutex_);
      if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
      piece.number_ = ++last_number_;
      inbox_.push(piece);
      filled_.store(true, std::memory_order_release);
      if (!asleep_) return;
    }
    changed_.notify_all();
  }
  // Before the piece has begun: it is gone. Otherwise the thread may be anywhere in it, and the
  // handle is not free, nor its state known, before the thread says so; false.
  bool withdraw(piece_op& piece) noexcept {
    {
      const std::lock_guard guard(mutex_);
      if (piece.number_ > last_begun_) {
        inbox_.remove(piece);
        return true;
      }
      if (running_ != &piece) return false;  // it is over
      stop_ = true;
      piece.piece_.interrupt();
    }
    changed_.notify_all();
    return false;
  }

  // --- on its own ---
  void serve() noexcept {
    while (piece_op* piece = wait_for_piece()) {
      while (piece != nullptr) {
        // A piece that somebody else has interrupted has failed, and is not cut short.
        piece->cut_short_ = (stop_ || piece->piece_.run(others_follow_)) && stop_;
        piece_op* const next = next_of_batch();
        if (next == nullptr) piece->piece_.end_batch();
        loop& owner = piece->task().sched->owner;
        owner.enqueue(*piece);
        piece = next;
      }
    }
  }
  // The first of a batch, which is what is there when it begins. Null: there will be none.
  piece_op* wait_for_piece() {
    spin_.until([this] { return filled_.load(std::memory_order_relaxed); });
    std::unique_lock guard(mutex_);
    if (inbox_.empty() && !closed_) {
      asleep_ = true;
      changed_.wait(guard, [this] { return !inbox_.empty() || closed_; });
      asleep_ = false;
      spin_.slept();
    }
    if (inbox_.empty()) return nullptr;
    last_of_batch_ = last_number_;
    return &take_first();
  }
  piece_op* next_of_batch() noexcept {
    const std::lock_guard guard(mutex_);
    running_ = nullptr;
    return batch_goes_on() ? &take_first() : nullptr;
  }
  piece_op& take_first() noexcept {
    running_ = &static_cast<piece_op&>(static_cast<ready_callback&>(inbox_.pop()));
    last_begun_ = running_->number_;
    stop_ = false;
    others_follow_ = batch_goes_on();
    filled_.store(!inbox_.empty(), std::memory_order_relaxed);
    return *running_;
  }
  bool batch_goes_on() const noexcept {
    return !inbox_.empty() && first().number_ <= last_of_batch_;
  }
  const piece_op& first() const noexcept {
    return static_cast<const piece_op&>(static_cast<const ready_callback&>(*inbox_.front()));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  crossfade::detail::ready_queue inbox_;
  std::atomic<bool> filled_ = false;  // may be looked at without the mutex
  piece_op* running_ = nullptr;
  // The piece that runs is to end. SQLite forgets an interrupt that comes just before a statement;
  // this is not forgotten.
  std::atomic<bool> stop_ = false;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_begun_ = 0;
  bool asleep_ = false;
  bool closed_ = false;

  // Of the thread alone.
  crossfade::detail::spin_wait spin_;
  std::uint64_t last_of_batch_ = 0;
  bool others_follow_ = false;

  std::thread thread_;
};

const crossfade::detail::wait_rules on_thread::piece_op::rules_of_this{
    .name = "a statement", .leave = &leave, .holder = nullptr};

}  // namespace

std::unique_ptr<sqlite::detail::executor> sqlite_driver::make_executor() const {
  return std::make_unique<on_thread>();
}

}  // namespace crossfade::coro_backend
