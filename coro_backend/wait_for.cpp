#include "coro_backend/wait_for.hpp"

#include "compat/errors.hpp"
#include "coro_backend/detail/wait.hpp"

namespace crossfade::coro_backend::detail {

namespace {

constexpr auto rules = private_rules("a future, for a limited time");

// Wakes who waits for `waiter` when `of` is done; taken back by the waiter's address.
void wake_when_done(const any_future& of, const counted<private_future>& waiter) {
  of.core().add_done_callback([waiter](future_core& /*of*/) { waiter->set_unless_done(); },
                              waiter.get());
}

}  // namespace

crossfade::task<> cancel_and_wait(any_future of) {
  const counted waiter(new private_future(of.core().owner(), rules));
  wake_when_done(of, waiter);
  std::exception_ptr error;
  try {
    of.cancel();
    future_wait<void> wait(*waiter);
    co_await wait;
  } catch (...) {
    error = std::current_exception();
  }
  of.core().remove(waiter.get());
  if (error != nullptr) std::rethrow_exception(error);
}

time_limit::time_limit(event_loop& owner, duration length)
    : waiter_(new private_future(owner, rules)),
      timer_(owner.call_later(length, [waiter = waiter_] { waiter->set_unless_done(); })) {}

crossfade::task<bool> time_limit::wait(any_future of) {
  wake_when_done(of, waiter_);
  std::exception_ptr cancellation;
  try {
    future_wait<void> wait(*waiter_);
    co_await wait;
  } catch (const cancelled&) {
    cancellation = std::current_exception();
  }
  if (of.done()) co_return true;
  of.core().remove(waiter_.get());
  co_await cancel_and_wait(of);
  if (cancellation != nullptr) std::rethrow_exception(cancellation);
  co_return false;
}

void throw_timed_out() { throw timeout_error("wait_for: timed out"); }

}  // namespace crossfade::coro_backend::detail
