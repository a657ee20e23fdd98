#include "fiber_backend/detail/group_core.hpp"

#include <utility>

#include "fiber_backend/errors.hpp"
#include "fiber_backend/timeout.hpp"
#include "fiber_backend/wait.hpp"

namespace crossfade::fiber_backend::detail {

namespace {

// Takes an ended greenlet out of its group.
class member_link final : public link_node {
 public:
  member_link(std::shared_ptr<group_core> group, greenlet_core& member)
      : link_node(group.get()), group_(std::move(group)), member_(member) {}
  void call() override {
    const std::unique_ptr<member_link> self(this);
    group_->forget(any_greenlet(&member_));
  }
  void drop() noexcept override { delete this; }

 private:
  std::shared_ptr<group_core> group_;
  greenlet_core& member_;
};

}  // namespace

group_core::group_core(std::optional<std::size_t> size) : size_(size) {
  if (size) room_.emplace(*size);
  empty_.set();
}

std::size_t group_core::free_count() const noexcept {
  if (!size_) return 1;
  return *size_ > size() ? *size_ - size() : 0;
}

void group_core::add(const any_greenlet& g) {
  g.core().add_link(*new member_link(shared_from_this(), g.core()));
  if (!contains(g)) places_.emplace(&g.core(), greenlets_.insert(greenlets_.end(), g));
  empty_.clear();
}

void group_core::forget(const any_greenlet& g) {
  dying_.erase(&g.core());
  if (const auto place = places_.find(&g.core()); place != places_.end()) {
    const any_greenlet alive = *place->second;
    greenlets_.erase(place->second);
    places_.erase(place);
  }
  if (greenlets_.empty()) empty_.set();
  if (room_) room_->release();
}

void group_core::discard(const any_greenlet& g) {
  // `g` may be the group's own, which goes with it.
  const any_greenlet alive = g;  // NOLINT(performance-unnecessary-copy-initialization)
  forget(alive);
  alive.core().remove_link_of(this);
}

void group_core::let_go_of_unstarted() noexcept {
  for (const any_greenlet& g : members()) {
    if (!g.started() && !g.ready()) discard(g);
  }
}

bool group_core::kill_member(const any_greenlet& g, const std::exception_ptr& exception) {
  if (!contains(g) || dying_.contains(&g.core())) return false;
  g.kill_nowait(exception);
  dying_.insert(&g.core());
  return true;
}

task<bool> join_group(std::shared_ptr<group_core> group, std::optional<duration> timeout,
                      bool raise_error) {
  std::vector<any_greenlet> members;
  if (raise_error) members = group->members();
  const bool in_time = co_await group->empty().wait(timeout);
  for (const any_greenlet& member : members) {
    if (member.exception() != nullptr) std::rethrow_exception(member.exception());
  }
  co_return in_time;
}

void kill_group_nowait(group_core& group, const std::exception_ptr& exception) {
  for (const any_greenlet& member : group.members()) group.kill_member(member, exception);
}

task<> kill_group(std::shared_ptr<group_core> group, std::exception_ptr exception,
                  std::optional<duration> limit) {
  timeout timer(limit);
  timer.start();
  try {
    while (group->size() > 0) {
      kill_group_nowait(*group, exception);
      const std::vector<any_greenlet> members = group->members();
      co_await wait({members.begin(), members.end()});
    }
  } catch (const timeout_expired& error) {
    if (!timer.raised(error)) throw;
  }
}

task<> kill_one(std::shared_ptr<group_core> group, any_greenlet g, std::exception_ptr exception,
                std::optional<duration> timeout) {
  if (group->kill_member(g, exception)) co_await g.join(timeout);
}

task<> add_to_group(std::shared_ptr<group_core> group, any_greenlet g,
                    std::optional<duration> timeout) {
  if (semaphore* const room = group->room()) {
    const bool in_time = co_await room->acquire(timeout);
    if (!in_time) throw pool_full("the pool got no room in time");
  }
  group->add(g);
}

task<std::size_t> wait_for_room(std::shared_ptr<group_core> group,
                                std::optional<duration> timeout) {
  semaphore* const room = group->room();
  if (room == nullptr) co_return 1;
  co_return co_await room->wait(timeout);
}

}  // namespace crossfade::fiber_backend::detail
