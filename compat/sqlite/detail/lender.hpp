#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compat/event.hpp"
#include "compat/op.hpp"
#include "compat/sqlite/connection.hpp"

namespace crossfade::sqlite::detail {

class lease_op;

/// Connections that do for each other, lent to one task each. A task that has one and asks again is
/// lent the same, so tasks that nest never wait for each other.
///
/// Order: FIFO; a connection that comes back goes to the longest waiter. Cancellation: a cancelled
/// waiter leaves; one that had just been lent a connection has it.
class lender {
 public:
  struct slot {
    std::unique_ptr<connection> db;
    const crossfade::detail::task_state* holder = nullptr;
    unsigned depth = 0;  // how often its holder has asked
  };

  /// One connection, given back when it goes.
  class [[nodiscard("the connection is given back when the lease goes")]] lease {
   public:
    lease(lender& owner, slot& lent) noexcept : owner_(&owner), slot_(&lent) {}
    lease(lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), slot_(other.slot_) {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (owner_ != nullptr) owner_->take_back(*slot_);
    }
    connection& db() const noexcept { return *slot_->db; }

   private:
    lender* owner_;
    slot* slot_;
  };

  lender() { all_back_.set(); }
  ~lender();
  lender(const lender&) = delete;
  lender& operator=(const lender&) = delete;

  void add(std::unique_ptr<connection> db);
  /// Throws: `connection_closed` once nothing is lent any more; `usage_error` on another loop.
  lease_op lend();
  /// Whether the running task has one.
  bool has_lent_to_running_task() noexcept;

  /// Lends no more, also to who waits.
  void refuse() noexcept;
  /// Set while no connection is lent.
  event& all_back() noexcept { return all_back_; }
  /// The statements that run fail.
  void interrupt() noexcept;
  /// Who has a connection: the task as reports name it.
  std::vector<std::string> holders() const;
  /// Closes those that are not lent; the others close when they come back.
  task<> close();

 private:
  friend lease_op;
  slot* of(const crossfade::detail::task_state& task) noexcept;
  void give(slot& lent, const crossfade::detail::task_state& task) noexcept;
  void take_back(slot& lent) noexcept;

  const crossfade::detail::scheduler* const home_ = crossfade::detail::task_state::current().sched;
  std::deque<slot> slots_;  // stay where they are
  std::vector<slot*> idle_;
  crossfade::detail::wait_queue waiters_;
  event all_back_;
  bool refuses_ = false;
  bool closes_what_comes_back_ = false;
};

class lease_op final : public crossfade::detail::waitable<lease_op> {
 public:
  explicit lease_op(lender& owner) noexcept : waitable(rules_of_this), owner_(owner) {}

 private:
  friend lender;
  friend crossfade::detail::waitable<lease_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(op_base& o) noexcept;
  static std::uint64_t holder(const op_base& o) noexcept;

  bool start();
  lender::lease take() const;

  lender& owner_;
  lender::slot* lent_ = nullptr;
};

}  // namespace crossfade::sqlite::detail
