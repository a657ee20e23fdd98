#pragma once

#include <source_location>

#include "compat/detail/switch_ban.hpp"

namespace crossfade {

/// A stretch of a task in which no other task runs, proved: each wait in its scope, also one that
/// would be ready, throws `usage_error` with the place of the wait's task and of the scope.
///
/// For invariants that hold only between two switches, which blocking text does not show. Outside
/// of tasks it does nothing. Cancellation: none can come, since it comes at waits. Threads: the
/// loop's. Lifetime: a local variable of the task it is about; costs nothing in a wait without one.
/// Source: gevent.util.assert_switches. Differs: forbids instead of watching; only this task.
class [[nodiscard("the stretch ends with the scope of this object")]] assert_no_switch {
 public:
  explicit assert_no_switch(
      const std::source_location& site = std::source_location::current()) noexcept
      : ban_("assert_no_switch", site) {}

 private:
  detail::switch_ban ban_;
};

/// A `thread_local`, or any other object that all tasks of the thread share, for as long as no
/// other task runs: a wait while it is borrowed throws `usage_error`.
///
/// Written `borrow buffer(scratch); buffer->clear();`. A reference to a `thread_local` that is kept
/// across a wait would be shared with whoever ran meanwhile. Cancellation, Threads, Lifetime: as
/// `assert_no_switch`. Source: none; userver's compiler::ThreadLocal has the same purpose.
template <class T>
class [[nodiscard("what is borrowed is given back with the scope of this object")]] borrow {
 public:
  explicit borrow(T& shared,
                  const std::source_location& site = std::source_location::current()) noexcept
      : shared_(shared), ban_("a borrow", site) {}

  T& operator*() const noexcept { return shared_; }
  T* operator->() const noexcept { return &shared_; }

 private:
  T& shared_;
  detail::switch_ban ban_;
};

}  // namespace crossfade
