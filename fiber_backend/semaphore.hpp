#pragma once

#include <cstddef>
#include <optional>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "fiber_backend/callback.hpp"
#include "fiber_backend/detail/linkable.hpp"

namespace crossfade::fiber_backend {

/// A counter of permits that tasks take and give back.
///
/// Order: a permit that is given back is free until whoever waits has been woken, behind what is
/// ready: who runs before may take it, and the waiter keeps its place. Cancellation: as any wait; a
/// permit taken is the taker's to give back. Threads: the loop's only. Lifetime: who waits when it
/// goes is left waiting. Source: gevent.lock.Semaphore. Differs from the portable `semaphore`: no
/// hand-over, no guard, more may be given back than was taken.
class semaphore : private detail::linkable {
 public:
  explicit semaphore(std::size_t value = 1) noexcept
      : linkable(notify::while_ready), counter_(value) {}

  class acquire_op;
  class wait_op;
  /// Waits for a permit and takes it. False: not in time.
  [[nodiscard]] acquire_op acquire(std::optional<duration> timeout = {});
  /// Takes a permit if there is one. Source: acquire with blocking=False.
  bool acquire_nowait() noexcept;
  /// Gives a permit back.
  virtual void release();
  /// Waits until there is a permit, without taking it, and gives their number, which may be zero.
  [[nodiscard]] wait_op wait(std::optional<duration> timeout = {});

  std::size_t counter() const noexcept { return counter_; }
  bool locked() const noexcept { return counter_ == 0; }

  /// As `event::rawlink`.
  void rawlink(callback<semaphore&> function);
  void unlink(const callback<semaphore&>& function) noexcept {
    remove_link_of(function.identity());
  }
  /// For the other parts of this folder.
  detail::linkable& source() noexcept { return *this; }

 private:
  bool ready() const noexcept override { return counter_ > 0; }

  std::size_t counter_;
};

class semaphore::acquire_op final : public crossfade::detail::waitable<acquire_op>,
                                    private detail::linked_wait {
 public:
  acquire_op(semaphore& of, std::optional<duration> timeout) noexcept
      : waitable(rules_of_this), linked_wait(of, timeout), of_(of) {}

 private:
  friend waitable<acquire_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(crossfade::detail::op_base& op) noexcept;
  bool start();
  bool take() noexcept;
  semaphore& of_;
};

class semaphore::wait_op final : public crossfade::detail::waitable<wait_op>,
                                 private detail::linked_wait {
 public:
  wait_op(semaphore& of, std::optional<duration> timeout) noexcept
      : waitable(rules_of_this), linked_wait(of, timeout), of_(of) {}

 private:
  friend waitable<wait_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(crossfade::detail::op_base& op) noexcept;
  bool start();
  std::size_t take() noexcept;
  semaphore& of_;
};

inline semaphore::acquire_op semaphore::acquire(std::optional<duration> timeout) {
  return {*this, timeout};
}
inline semaphore::wait_op semaphore::wait(std::optional<duration> timeout) {
  return {*this, timeout};
}

/// A semaphore that never has more permits than at first. Source: gevent.lock.BoundedSemaphore.
class bounded_semaphore final : public semaphore {
 public:
  explicit bounded_semaphore(std::size_t value = 1) noexcept : semaphore(value), most_(value) {}
  /// Gives a permit back. Throws: `given_back_too_often` if none is out.
  void release() override;

 private:
  const std::size_t most_;
};

}  // namespace crossfade::fiber_backend
