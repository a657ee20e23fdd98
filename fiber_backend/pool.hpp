#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <utility>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "fiber_backend/group.hpp"

namespace crossfade::fiber_backend {

/// A group with room for `size` greenlets, or without a limit.
///
/// Order: as `semaphore`: who waits for room may be overtaken. Cancellation: as any wait. Threads,
/// Lifetime: as `basic_group`. Source: gevent.pool.Pool.
class pool final : public basic_group {
 public:
  explicit pool(std::optional<std::size_t> size = {}) : basic_group(size) {}

  /// How many more greenlets it would track; 1 without a limit.
  std::size_t free_count() const noexcept { return core()->free_count(); }
  bool full() const noexcept { return free_count() == 0; }
  /// Waits for room, without taking it; gives how much there is.
  [[nodiscard]] task<std::size_t> wait_available(std::optional<duration> timeout = {}) {
    return detail::wait_for_room(core(), timeout);
  }

  /// Waits for room and tracks a greenlet until it has ended. Throws: `pool_full` after `timeout`.
  [[nodiscard]] task<> add(any_greenlet g, std::optional<duration> timeout = {}) {
    return detail::add_to_group(core(), std::move(g), timeout);
  }
  /// Throws: `pool_full`. Source: add with blocking=False.
  void add_nowait(const any_greenlet& g) {
    if (semaphore* const room = core()->room(); room != nullptr && !room->acquire_nowait())
      throw pool_full("the pool has no room");
    core()->add(g);
  }
  /// Waits for room, tracks a greenlet and starts it.
  [[nodiscard]] task<> start(any_greenlet g) { return start_in(core(), std::move(g)); }
  /// Waits for room and starts `function()` as a greenlet that it tracks.
  template <class F>
  [[nodiscard]] auto spawn(F&& f, std::source_location site = std::source_location::current()) {
    return spawned_in(core(), detail::make_greenlet({{}, site}, std::forward<F>(f)));
  }

 private:
  static task<> start_in(shared_core core, any_greenlet g) {
    co_await detail::add_to_group(std::move(core), g, std::nullopt);
    g.start();
  }
  template <class T>
  static task<greenlet<T>> spawned_in(shared_core core, greenlet<T> made) {
    co_await detail::add_to_group(std::move(core), made, std::nullopt);
    made.start();
    co_return made;
  }
};

}  // namespace crossfade::fiber_backend
