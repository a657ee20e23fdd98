#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "compat/op.hpp"

namespace crossfade {

/// A number of permits shared by tasks of either backend.
///
/// Order: FIFO; a released permit goes to the longest waiter, nobody can barge in. Cancellation: a
/// cancelled waiter leaves; one that had just been given a permit has it, and is cancelled at its
/// next wait. Threads: the loop's only. Lifetime: outlives its permits and waiters; the destructor
/// ends the program otherwise. Source: asyncio.BoundedSemaphore, gevent.lock.BoundedSemaphore.
/// Differs: a permit releases itself, so none is released twice.
class semaphore {
 public:
  /// One unit, given back when it is released or goes out of scope. Movable, also to another task.
  class [[nodiscard("the permit is given back when it goes")]] permit {
   public:
    permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
      std::swap(semaphore_, other.semaphore_);
      return *this;
    }
    ~permit() { release(); }
    void release() noexcept {
      if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->give_back();
    }

   private:
    friend semaphore;
    explicit permit(semaphore& owner) noexcept : semaphore_(&owner) {}
    semaphore* semaphore_;
  };

  /// Throws: `usage_error` if `permits` is 0, since permits do not come from elsewhere.
  explicit semaphore(std::size_t permits);
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore();

  /// Waits for a permit.
  op<permit> acquire();
  /// Takes a permit if one can be had without waiting.
  std::optional<permit> try_acquire();
  /// Permits that can be had without waiting.
  std::size_t available() const noexcept { return free_; }

 private:
  void give_back() noexcept;

  const std::size_t permits_;
  std::size_t free_ = permits_;
  detail::wait_queue waiters_;
};

}  // namespace crossfade
