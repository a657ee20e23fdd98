// Never instrumented for ThreadSanitizer, see CMakeLists.txt. The templates of Boost that make a
// fiber are entered on one stack and left on another: on the maker's when the fiber is made, on the
// dispatcher's when it is released. A carrier has other members here than where it is instrumented,
// so it goes by its address.

#include "fiber_backend/detail/make_fiber.hpp"

#include <boost/context/stack_context.hpp>
#include <boost/fiber/fiber.hpp>
#include <utility>

#include "fiber_backend/detail/stack_switch.hpp"

namespace crossfade::fiber_backend::detail {

namespace {

// A stack that is there already, as Boost.Context takes it, which makes its own records below
// `top`.
class taken_stack {
 public:
  taken_stack(std::shared_ptr<stack_pool> pool, const stack_pool::stack& stack, void* top)
      : pool_(std::move(pool)), stack_(stack), top_(static_cast<char*>(top)) {}

  boost::context::stack_context allocate() const noexcept {
    boost::context::stack_context context;
    context.sp = top_;
    context.size = static_cast<std::size_t>(top_ - stack_.lowest);
    return context;
  }
  void deallocate(boost::context::stack_context&) noexcept {
    forget_stack(stack_.lowest, stack_.size);
    pool_->give_back(stack_);
  }

 private:
  std::shared_ptr<stack_pool> pool_;  // the fiber may be released after the engine has gone
  stack_pool::stack stack_;
  char* top_;
};

}  // namespace

void make_fiber(std::shared_ptr<stack_pool> pool, const stack_pool::stack& stack, void* top,
                boost::fibers::fiber_properties& properties, engine& owner,
                carrier& self) noexcept {
  boost::fibers::fiber(boost::fibers::launch::post, &properties, std::allocator_arg,
                       taken_stack(std::move(pool), stack, top),
                       [&owner, &self] { run_fiber(owner, self); })
      .detach();
}

}  // namespace crossfade::fiber_backend::detail
