#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "fiber_backend/event.hpp"
#include "fiber_backend/greenlet.hpp"
#include "fiber_backend/semaphore.hpp"

namespace crossfade::fiber_backend::detail {

/// The greenlets of a group or pool, in the order in which they were added. Its links in them keep
/// it alive.
class group_core final : public std::enable_shared_from_this<group_core> {
 public:
  /// No size: a group, or a pool without a limit.
  explicit group_core(std::optional<std::size_t> size);

  std::size_t size() const noexcept { return greenlets_.size(); }
  bool contains(const any_greenlet& g) const noexcept { return places_.contains(&g.core()); }
  std::vector<any_greenlet> members() const { return {greenlets_.begin(), greenlets_.end()}; }
  std::size_t free_count() const noexcept;
  /// Null where there is no limit.
  semaphore* room() noexcept { return room_ ? &*room_ : nullptr; }
  event& empty() noexcept { return empty_; }

  void add(const any_greenlet& g);
  void discard(const any_greenlet& g);
  /// It has ended, or is not to be tracked any more: an own link calls this.
  void forget(const any_greenlet& g);
  /// The group goes: members that were never started would keep it alive, and it them.
  void let_go_of_unstarted() noexcept;
  /// False: it is no member, or dying already.
  bool kill_member(const any_greenlet& g, const std::exception_ptr& exception);

 private:
  std::list<any_greenlet> greenlets_;
  std::unordered_map<const greenlet_core*, std::list<any_greenlet>::iterator> places_;
  std::unordered_set<const greenlet_core*> dying_;
  event empty_;
  const std::optional<std::size_t> size_;
  std::optional<semaphore> room_;
};

task<bool> join_group(std::shared_ptr<group_core> group, std::optional<duration> timeout,
                      bool raise_error);
task<> kill_group(std::shared_ptr<group_core> group, std::exception_ptr exception,
                  std::optional<duration> limit);
void kill_group_nowait(group_core& group, const std::exception_ptr& exception);
task<> kill_one(std::shared_ptr<group_core> group, any_greenlet g, std::exception_ptr exception,
                std::optional<duration> timeout);
/// Throws `pool_full` if there is no room in time.
task<> add_to_group(std::shared_ptr<group_core> group, any_greenlet g,
                    std::optional<duration> timeout);
task<std::size_t> wait_for_room(std::shared_ptr<group_core> group, std::optional<duration> timeout);

}  // namespace crossfade::fiber_backend::detail
