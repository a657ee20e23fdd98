#pragma once

#include <optional>

#include "compat/clock.hpp"
#include "compat/detail/op_base.hpp"
#include "compat/detail/ready_queue.hpp"
#include "fiber_backend/detail/link.hpp"
#include "fiber_backend/detail/wake.hpp"

namespace crossfade::fiber_backend {
class hub;
}

namespace crossfade::fiber_backend::detail {

/// What is ready at times and then has its links called: all in one turn, one after the other.
///
/// While a notification is on its way or under way, those who come to wait and find it ready queue
/// behind those who have waited. Destroyed with waiters, it leaves them waiting, as gevent does for
/// an object that nobody can reach any more. Source: gevent's AbstractLinkable.
class linkable : public link_source {
 public:
  ~linkable() override;
  void add_link(link_node& node) override;
  void remove_link(link_node& node) noexcept override;
  void remove_link_of(const void* identity) noexcept override;

  virtual bool ready() const noexcept = 0;
  bool notifying() const noexcept { return notifier_.queued || pass_ != nullptr; }
  /// Stands behind those who waited before the notification that is under way.
  void queue_behind(link_node& node) noexcept { arrived_.push(node); }

 protected:
  enum class notify : std::uint8_t {
    all,          ///< whoever was linked when it became ready
    while_ready,  ///< one after the other, as long as it stays so
  };
  explicit linkable(notify whom) noexcept : whom_(whom) {}
  /// It may have become ready: has its links called behind what is ready.
  void check_and_notify();

 private:
  struct notifier : crossfade::detail::ready_callback {
    explicit notifier(linkable& l) noexcept : ready_callback(&take_turn), self(l) {}
    static void take_turn(crossfade::detail::ready_callback& n, use how);
    linkable& self;
  };
  // A notification under way, on the hub's stack: a link may destroy the object.
  struct pass {
    bool gone = false;
  };

  void run();
  bool call_links(link_list& links, pass& now);
  void stop_if_unlinked() noexcept;

  const notify whom_;
  link_list links_;
  link_list arrived_;  // since the notification began
  notifier notifier_{*this};
  pass* pass_ = nullptr;
  crossfade::detail::scheduler* sched_ = nullptr;  // from the first link on
};

/// A wait for something linkable.
class linked_wait : public link_node {
 public:
  void call() override;
  void drop() noexcept override {}

 protected:
  explicit linked_wait(linkable& of, std::optional<duration> limit = {}) noexcept
      : of_(&of), length_(limit) {}

  void begin(crossfade::detail::op_base& op);
  /// The same, for one who found it ready while others are being notified.
  void begin_behind(crossfade::detail::op_base& op) noexcept;
  void leave() noexcept;
  bool expired() const noexcept { return limit_.expired(); }
  void end() noexcept { limit_.end(); }
  linkable& of() const noexcept { return *of_; }

 private:
  linkable* of_;
  std::optional<duration> length_;
  crossfade::detail::op_base* op_ = nullptr;
  wait_limit limit_;
};

}  // namespace crossfade::fiber_backend::detail
