#include "compat/sqlite/detail/lender.hpp"

#include <algorithm>

#include "compat/detail/misuse.hpp"
#include "compat/errors.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite::detail {

using crossfade::detail::task_state;

lender::~lender() {
  crossfade::detail::require_no_waiters("a pool of connections", waiters_);
  const auto lent = std::count_if(slots_.begin(), slots_.end(),
                                  [](const slot& s) { return s.holder != nullptr; });
  if (lent > 0) [[unlikely]]
    crossfade::detail::fail_destroyed_while_out("a pool of connections",
                                                static_cast<std::size_t>(lent));
}

void lender::add(std::unique_ptr<connection> db) {
  db->of_pool_ = true;
  idle_.reserve(slots_.size() + 1);  // giving back must not fail
  idle_.push_back(&slots_.emplace_back(slot{std::move(db)}));
}

lease_op lender::lend() { return lease_op(*this); }

lender::slot* lender::of(const task_state& task) noexcept {
  for (slot& s : slots_) {
    if (s.holder == &task) return &s;
  }
  return nullptr;
}

bool lender::has_lent_to_running_task() noexcept { return of(task_state::current()) != nullptr; }

void lender::give(slot& lent, const task_state& task) noexcept {
  lent.holder = &task;
  lent.depth = 1;
  all_back_.clear();
}

void lender::take_back(slot& lent) noexcept {
  if (--lent.depth > 0) return;
  lent.holder = nullptr;
  if (!waiters_.empty()) {
    auto& next = static_cast<lease_op&>(waiters_.pop());
    give(lent, next.task());
    next.lent_ = &lent;
    next.complete();
    return;
  }
  if (closes_what_comes_back_) {
    lent.db.reset();
  } else {
    idle_.push_back(&lent);
  }
  const bool all =
      std::all_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.holder == nullptr; });
  if (all) all_back_.set();
}

void lender::refuse() noexcept {
  refuses_ = true;
  while (!waiters_.empty()) waiters_.pop().complete();
}

void lender::interrupt() noexcept {
  for (slot& s : slots_) {
    if (s.holder != nullptr) s.db->interrupt();
  }
}

std::vector<std::string> lender::holders() const {
  std::vector<std::string> found;
  for (const slot& s : slots_) {
    if (s.holder != nullptr) found.push_back(s.holder->label());
  }
  return found;
}

task<> lender::close() {
  closes_what_comes_back_ = true;
  while (!idle_.empty()) {
    const std::unique_ptr<connection> db = std::move(idle_.back()->db);
    idle_.pop_back();
    db->of_pool_ = false;
    co_await db->close();
  }
}

const crossfade::detail::wait_rules lease_op::rules_of_this{
    .name = "a connection of a pool", .leave = &leave, .holder = &holder};

bool lease_op::leave(op_base& o) noexcept {
  auto& self = static_cast<lease_op&>(o);
  self.owner_.waiters_.remove(self);
  return true;
}

// Of several, whoever gives back first will do: no one of them can be named.
std::uint64_t lease_op::holder(const op_base& o) noexcept {
  const lender& owner = static_cast<const lease_op&>(o).owner_;
  const bool one = owner.slots_.size() == 1 && owner.slots_.front().holder != nullptr;
  return one ? owner.slots_.front().holder->id : 0;
}

bool lease_op::start() {
  if (task().sched != owner_.home_) {
    throw usage_error(
        "the pool of connections belongs to another loop; expected a task of that, or a pool for "
        "each loop");
  }
  if (lender::slot* mine = owner_.of(task())) {
    ++mine->depth;
    lent_ = mine;
  } else if (owner_.refuses_) {
    return true;
  } else if (!owner_.idle_.empty()) {
    lent_ = owner_.idle_.back();
    owner_.idle_.pop_back();
    owner_.give(*lent_, task());
  } else {
    owner_.waiters_.push(*this);
    return false;
  }
  return true;
}

lender::lease lease_op::take() const {
  if (lent_ == nullptr) throw connection_closed("the pool of connections is closed");
  return lender::lease(owner_, *lent_);
}

}  // namespace crossfade::sqlite::detail
