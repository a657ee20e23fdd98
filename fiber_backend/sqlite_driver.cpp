#include "fiber_backend/sqlite_driver.hpp"

#include <cstdint>
#include <exception>
#include <utility>

#include "compat/detail/task_state.hpp"
#include "compat/on_fiber.hpp"
#include "compat/sleep.hpp"

namespace crossfade::fiber_backend {

namespace {

using std::chrono::steady_clock;

class on_stack final : public sqlite::detail::executor {
 public:
  explicit on_stack(const sqlite_options& options) noexcept
      : executor(options.instructions, false), slice_(options.slice) {}

  task<> run(sqlite::detail::work& piece) override {
    crossfade::detail::task_state::current().check_interrupt();
    if (slice_is_used_up()) {
      co_await checkpoint();
      turn_began_ = steady_clock::now();
    }
    const auto call = [&] { piece.run(false); };
    co_await on_fiber(call);
    if (interruption_ != nullptr) std::rethrow_exception(std::exchange(interruption_, nullptr));
  }

  bool tick() noexcept override {
    if (steady_clock::now() - turn_began_ < slice_) return true;
    const bool goes_on = wait([] {
      await(checkpoint());
      // Whom a timer or I/O has woken in that turn need not wait for another slice.
      if (!crossfade::detail::task_state::current().sched->ready.empty()) await(checkpoint());
    });
    turn_began_ = steady_clock::now();
    return goes_on;
  }

  bool pause(duration length) noexcept override {
    return wait([length] { await(sleep(length)); });
  }

 private:
  // Many short statements in a row keep the loop as one long one does. A task that has waited since
  // the last one has begun a new turn.
  bool slice_is_used_up() noexcept {
    if (instructions() == 0) return false;
    const auto& task = crossfade::detail::task_state::current();
    const auto now = steady_clock::now();
    if (std::exchange(task_, task.id) == task.id && std::exchange(waits_, task.waits) == task.waits)
      return now - turn_began_ >= slice_;
    waits_ = task.waits;
    turn_began_ = now;
    return false;
  }

  // A cancellation must not unwind SQLite; it goes on where SQLite has returned.
  template <class F>
  bool wait(F&& f) noexcept {
    try {
      f();
      return true;
    } catch (...) {
      interruption_ = std::current_exception();
      return false;
    }
  }

  const duration slice_;
  steady_clock::time_point turn_began_{};
  std::uint64_t task_ = 0;
  std::uint64_t waits_ = 0;
  std::exception_ptr interruption_;
};

}  // namespace

std::unique_ptr<sqlite::detail::executor> sqlite_driver::make_executor() const {
  return std::make_unique<on_stack>(options_);
}

}  // namespace crossfade::fiber_backend
