#pragma once

#include <optional>
#include <utility>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "fiber_backend/callback.hpp"
#include "fiber_backend/detail/linkable.hpp"

namespace crossfade::fiber_backend {

/// A flag that tasks wait for.
///
/// Order: setting it has all who wait woken in one turn, behind what is ready, in the order they
/// came; clearing it meanwhile keeps nobody from being woken. Who finds it set while others are
/// still to be woken waits behind them. Cancellation: as any wait. Threads: the loop's only.
/// Lifetime: who waits when it goes is left waiting. Source: gevent.event.Event. Differs from the
/// portable `event`: waiters run inside one turn, and the wait gives whether it was in time.
class event final : private detail::linkable {
 public:
  event() noexcept : linkable(notify::all) {}

  class wait_op;
  /// Waits until it is set. True: it was, in time.
  [[nodiscard]] wait_op wait(std::optional<duration> timeout = {});
  void set();
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

  /// Has `function` called on the hub, where it must not wait, at the next notification. Source:
  /// Event.rawlink.
  void rawlink(callback<event&> function);
  void unlink(const callback<event&>& function) noexcept { remove_link_of(function.identity()); }
  /// For the other parts of this folder.
  detail::linkable& source() noexcept { return *this; }

 private:
  bool ready() const noexcept override { return set_; }

  bool set_ = false;
};

class event::wait_op final : public crossfade::detail::waitable<wait_op>,
                             private detail::linked_wait {
 public:
  wait_op(event& of, std::optional<duration> timeout) noexcept
      : waitable(rules_of_this), linked_wait(of, timeout) {}

 private:
  friend waitable<wait_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(crossfade::detail::op_base& op) noexcept;
  bool start();
  bool take() noexcept;
};

inline event::wait_op event::wait(std::optional<duration> timeout) { return {*this, timeout}; }

}  // namespace crossfade::fiber_backend
