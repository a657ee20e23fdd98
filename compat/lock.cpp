#include "compat/lock.hpp"

#include "compat/errors.hpp"

namespace crossfade {

op<lock::guard> lock::acquire() {
  static constexpr op<guard>::rules rules{
      {.name = "a lock", .leave = &leave, .holder = &held_by}, &start, &take};
  return {rules, this};
}

std::optional<lock::guard> lock::try_acquire() {
  if (!owned_.take_if_free(detail::task_state::current())) return std::nullopt;
  return guard(*this);
}

bool lock::start(op<guard>& o) {
  auto& self = o.object<lock>();
  if (self.owned_.held_by(o.task())) {
    throw usage_error(o.task().label() +
                      " acquires a lock it already holds: release its guard first, or use a "
                      "reentrant_lock");
  }
  return self.owned_.take_or_queue(o);
}

lock::guard lock::take(op<guard>& o) { return guard(o.object<lock>()); }

bool lock::leave(detail::op_base& o) noexcept {
  static_cast<op<guard>&>(o).object<lock>().owned_.leave(o);
  return true;
}

std::uint64_t lock::held_by(const detail::op_base& o) noexcept {
  return static_cast<const op<guard>&>(o).object<lock>().holder();
}

void lock::give_back() noexcept { owned_.hand_over(); }

}  // namespace crossfade
