#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "compat/task.hpp"
#include "fiber_backend/async_result.hpp"
#include "fiber_backend/detail/link.hpp"
#include "fiber_backend/detail/wake.hpp"
#include "fiber_backend/event.hpp"
#include "fiber_backend/greenlet.hpp"
#include "fiber_backend/semaphore.hpp"

namespace crossfade::fiber_backend {

/// Something that `wait` and `iwait` can wait for: a greenlet, an event, a result, a semaphore. The
/// last three outlive it.
class waitable_object {
 public:
  waitable_object(const any_greenlet& g)  // NOLINT(google-explicit-constructor)
      : greenlet_(g), source_(&g.core()) {}
  waitable_object(event& e) noexcept  // NOLINT(google-explicit-constructor)
      : source_(&e.source()) {}
  waitable_object(semaphore& s) noexcept  // NOLINT(google-explicit-constructor)
      : source_(&s.source()) {}
  template <class T>
  waitable_object(async_result<T>& r) noexcept  // NOLINT(google-explicit-constructor)
      : source_(&r.source()) {}

  /// The greenlet that it is, or an empty one.
  const any_greenlet& greenlet() const noexcept { return greenlet_; }
  friend bool operator==(const waitable_object& a, const waitable_object& b) noexcept {
    return a.source_ == b.source_;
  }
  /// For the other parts of this folder.
  detail::link_source& source() const noexcept { return *source_; }

 private:
  any_greenlet greenlet_;
  detail::link_source* source_;
};

/// Gives objects one after the other, in the order in which they are ready.
///
/// Order: as each object notifies. Begins with the first `next`. Cancellation: as any wait; it
/// ends the iteration. Threads: the loop's only. Lifetime: the objects outlive it. Source:
/// gevent.iwait. Differs: the time limit and the count end it as if there were no more; it is no
/// range, since `next` waits.
class iwait final {
 public:
  explicit iwait(std::vector<waitable_object> objects, std::optional<duration> timeout = {},
                 std::optional<std::size_t> count = {});
  ~iwait();
  iwait(const iwait&) = delete;
  iwait& operator=(const iwait&) = delete;

  /// Waits until the next is ready. None: that was all, or the time is over.
  [[nodiscard]] task<std::optional<waitable_object>> next();
  /// Goes without ending the iteration: its links and its timer stay, for nobody, which keeps the
  /// loop from running out of work until then.
  void abandon() noexcept;

 private:
  struct state;
  class next_op;
  class object_link;

  std::shared_ptr<state> state_;
};

/// Waits until all objects, or `count` of them, are ready, or the time is over. Gives those that
/// are, in the order in which they were. Cancellation: as any wait. Source: gevent.wait.
[[nodiscard]] task<std::vector<waitable_object>> wait(std::vector<waitable_object> objects,
                                                      std::optional<duration> timeout = {},
                                                      std::optional<std::size_t> count = {});

/// The same for greenlets. With `raise_error` it throws the first error that one of them ends with;
/// its timer then runs on, as gevent's does. Source: gevent.joinall.
[[nodiscard]] task<std::vector<any_greenlet>> joinall(std::vector<any_greenlet> greenlets,
                                                      std::optional<duration> timeout = {},
                                                      bool raise_error = false,
                                                      std::optional<std::size_t> count = {});

}  // namespace crossfade::fiber_backend
