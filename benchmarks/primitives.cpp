#include "implementations/fifo.hpp"
#include "questions.hpp"

#include "fiber_backend/detail/stack_switch.hpp"

#include <benchmark/benchmark.h>
#include <boost/context/detail/fcontext.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

// What the limits are made of: what compiler, processor and allocator charge for one step.

namespace crossfade::benchmarks {

// Neither hidden in this file nor inline: or the compiler sees the only class there is, and no call
// is left.
class callee {
 public:
  virtual ~callee() = default;
  virtual void call() = 0;
};

class counts_calls : public callee {
 public:
  explicit counts_calls(tally& calls) : calls_(calls) {}
  [[gnu::noinline]] void call() override { calls_.count(); }

 private:
  tally& calls_;
};

namespace {

tally virtual_call(std::size_t operations) {
  tally result;
  counts_calls counter{result};
  callee* called = &counter;
  benchmark::DoNotOptimize(called);
  result.start();
  for (std::size_t n = 0; n < operations; ++n) called->call();
  result.stop();
  return result;
}

// A coroutine in a frame of malloc's.
class plain_coroutine {
 public:
  struct promise_type {
    plain_coroutine get_return_object() {
      return plain_coroutine{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };

  plain_coroutine(const plain_coroutine&) = delete;
  ~plain_coroutine() { frame_.destroy(); }
  void resume() const { frame_.resume(); }

 private:
  explicit plain_coroutine(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

plain_coroutine count_for_ever(tally& result) {
  for (;;) {
    result.count();
    co_await std::suspend_always{};
  }
}

tally resume_and_suspend(std::size_t operations) {
  tally result;
  const plain_coroutine resumed = count_for_ever(result);
  result.start();
  for (std::size_t n = 0; n < operations; ++n) resumed.resume();
  result.stop();
  return result;
}

plain_coroutine count_once(tally& result) {
  result.count();
  co_return;
}

tally frame_of_malloc(std::size_t operations) {
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) count_once(result).resume();
  result.stop();
  return result;
}

// With a thousand inside, and nothing else in between.
tally fifo_push_and_pop(std::size_t operations) {
  struct node {
    node* next = nullptr;
  };
  std::array<node, 1000> nodes;
  fifo<node> queue;
  for (node& n : nodes) queue.push(n);
  benchmark::DoNotOptimize(queue);
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) {
    queue.push(*queue.pop());
    benchmark::ClobberMemory();
    result.count();
  }
  result.stop();
  return result;
}

// There, and as often back: one operation is one way.
tally fcontext_jump(std::size_t operations) {
  namespace context = boost::context::detail;
  constexpr std::size_t stack_size = 64 * 1024;
  const std::unique_ptr<std::byte[]> stack{new std::byte[stack_size]};
  const auto there = [](context::transfer_t caller) {
    for (;;) caller = context::jump_fcontext(caller.fctx, nullptr);
  };
  context::fcontext_t other = context::make_fcontext(stack.get() + stack_size, stack_size, there);
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; n += 2) {
    other = context::jump_fcontext(other, nullptr).fctx;
    result.count(2);
  }
  result.stop();
  return result;
}

// What `fiber_backend` does at each switch besides the jump: to one stack, and back.
tally exception_state_swap(std::size_t operations) {
  namespace stacks = fiber_backend::detail;
  stacks::switch_state one;
  stacks::switch_state other;
  stacks::exception_globals& in_force = stacks::this_thread_exceptions();
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; n += 2) {
    stacks::leave_for(one, other, in_force);
    benchmark::ClobberMemory();
    stacks::leave_for(other, one, in_force);
    benchmark::ClobberMemory();
    result.count(2);
  }
  result.stop();
  return result;
}

}  // namespace

void add_primitive_rows(suite& rows) {
  const auto add = [&](const char* name, tally (*run)(std::size_t)) {
    rows.add("primitive/one_step", {name, part::primitive, stack::either}, run);
  };
  add("virtual_call", virtual_call);
  add("fifo_push_and_pop", fifo_push_and_pop);
  add("coroutine_resume_and_suspend", resume_and_suspend);
  add("coroutine_frame_of_malloc", frame_of_malloc);
  add("fcontext_jump", fcontext_jump);
  add("exception_state_swap", exception_state_swap);
}

}  // namespace crossfade::benchmarks
