// Never instrumented for ThreadSanitizer, see CMakeLists.txt. The templates of Boost that make a
// fiber are entered on one stack and left on another: on the maker's when the fiber is made, on the
// dispatcher's when it is released.

#include "fiber_backend/detail/make_fiber.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

#include "fiber_backend/detail/engine.hpp"

namespace crossfade::fiber_backend::detail {

namespace {

// Tells the carrier where its stack lies; the guard page below ends an overflow at once.
class stack_allocator {
 public:
  stack_allocator(std::size_t size, carrier& owner) : stacks_(size), owner_(owner) {}
  boost::context::stack_context allocate() {
    const boost::context::stack_context stack = stacks_.allocate();
    owner_.state.set_bounds(static_cast<const char*>(stack.sp) - stack.size, stack.size);
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) noexcept {
    forget_stack(static_cast<const char*>(stack.sp) - stack.size, stack.size);
    stacks_.deallocate(stack);
  }

 private:
  boost::fibers::protected_fixedsize_stack stacks_;
  carrier& owner_;  // gone when `deallocate` is called
};

}  // namespace

carrier& make_fiber(std::unique_ptr<carrier> c, std::size_t stack_size, engine& owner) {
  carrier& made = *c;
  boost::fibers::fiber(boost::fibers::launch::post,
                       static_cast<boost::fibers::fiber_properties*>(&made), std::allocator_arg,
                       stack_allocator(stack_size, made), [&owner, &made] { owner.main_of(made); })
      .detach();
  static_cast<void>(c.release());  // it belongs to its context now
  return made;
}

}  // namespace crossfade::fiber_backend::detail
