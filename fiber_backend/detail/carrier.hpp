#pragma once

#include <boost/fiber/context.hpp>
#include <boost/fiber/properties.hpp>

#include "compat/detail/ready_queue.hpp"
#include "compat/detail/task_state.hpp"
#include "fiber_backend/detail/stack_switch.hpp"

namespace crossfade::fiber_backend::detail {

class engine;

/// A stack as the loop's ready queue sees it: a Boost.Fiber context and what has to change hands
/// when it is switched to.
///
/// Of the contexts' properties, so that it is found from a context and lives as long.
class carrier final : public boost::fibers::fiber_properties, public crossfade::detail::ready_node {
 public:
  enum class origin : std::uint8_t {
    loop,     ///< the loop's own stack, or Boost.Fiber's dispatcher
    pooled,   ///< ours, one task or portal after the other
    foreign,  ///< a fiber that user code made by Boost.Fiber itself
  };

  carrier(boost::fibers::context* context, origin o) noexcept
      : fiber_properties(context), ready_node(crossfade::detail::ready_kind::stack), from(o) {}

  boost::fibers::context& context() const noexcept { return *ctx_; }

  const origin from;
  switch_state state;
  crossfade::detail::task_state* task = nullptr;  // whose text runs here; null for foreign fibers

  // Only of pooled ones: what to do when resumed from idleness.
  void (*portal)(void*) noexcept = nullptr;  // null: start `task`
  void* portal_argument = nullptr;
  bool portal_in_call = false;  // the hub is still inside `enter`
  bool retired = false;
  carrier* next_idle = nullptr;
};

}  // namespace crossfade::fiber_backend::detail
