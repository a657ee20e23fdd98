#include "compat/reentrant_lock.hpp"

namespace crossfade {

op<reentrant_lock::guard> reentrant_lock::acquire() {
  static constexpr op<guard>::rules rules{
      {.name = "a reentrant lock",
       .leave =
           [](detail::op_base& o) noexcept {
             static_cast<op<guard>&>(o).object<reentrant_lock>().owned_.leave(o);
             return true;
           },
       .holder =
           [](const detail::op_base& o) noexcept {
             return static_cast<const op<guard>&>(o).object<reentrant_lock>().holder();
           }},
      [](op<guard>& o) {
        auto& self = o.object<reentrant_lock>();
        return self.owned_.held_by(o.task()) || self.owned_.take_or_queue(o);
      },
      [](op<guard>& o) { return o.object<reentrant_lock>().hold_once_more(); }};
  return {rules, this};
}

std::optional<reentrant_lock::guard> reentrant_lock::try_acquire() {
  const detail::task_state& task = detail::task_state::current();
  if (!owned_.held_by(task) && !owned_.take_if_free(task)) return std::nullopt;
  return hold_once_more();
}

reentrant_lock::guard reentrant_lock::hold_once_more() noexcept {
  ++depth_;
  return guard(*this);
}

void reentrant_lock::give_back() noexcept {
  if (--depth_ == 0) owned_.hand_over();
}

}  // namespace crossfade
