#pragma once

#include <boost/fiber/context.hpp>
#include <boost/fiber/properties.hpp>

#include "compat/detail/ready_queue.hpp"
#include "compat/detail/task_state.hpp"
#include "fiber_backend/detail/stack_pool.hpp"
#include "fiber_backend/detail/stack_switch.hpp"

namespace crossfade::fiber_backend::detail {

class engine;

/// A stack as the loop's ready queue sees it: a Boost.Fiber context and what has to change hands
/// when it is switched to.
///
/// Of the contexts' properties, so that it is found from a context and lives as long.
class carrier : public boost::fibers::fiber_properties, public crossfade::detail::ready_node {
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

  // Only of pooled ones: what to do when resumed from idleness.
  bool retired = false;
  bool has_canary = false;                        // below the stack, instead of a guard
  crossfade::detail::task_state* task = nullptr;  // whose text runs here; null for foreign fibers
  switch_state state;
  void (*portal)(void*) noexcept = nullptr;  // null: start `task`
  void* portal_argument = nullptr;
  carrier* next_idle = nullptr;
  std::size_t guard = 0;  // bytes below the stack that fault
};

/// One that lies at the top of its own stack: a fiber that is parked takes one page and no more.
class alignas(64) carrier_on_stack final : public carrier {
 public:
  explicit carrier_on_stack(const stack_pool::stack& stack) noexcept
      : carrier(nullptr, origin::pooled) {
    state.set_bounds(stack.lowest, stack.size);
    guard = stack.guard;
    has_canary = guard == 0;
  }
  // Boost.Fiber deletes the properties of a context with it. The memory goes with the stack.
  static void operator delete(void*) noexcept {}
};

}  // namespace crossfade::fiber_backend::detail
