#include "coro_backend/detail/handle_core.hpp"

#include <exception>

#include "coro_backend/detail/future_core.hpp"
#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

handle_core::handle_core(event_loop& owner) : ready_callback(&take_turn), owner_(owner) {
  const crossfade::detail::scheduler& sched = owner.sched();
  if (sched.current != nullptr) {
    variables_ = sched.current->variables;
  } else if (sched.callback_variables != nullptr) {
    variables_ = *sched.callback_variables;
  }
}

void handle_core::cancel() noexcept {
  if (cancelled_) return;
  cancelled_ = true;
  if (!running_) drop();
}

void handle_core::enqueue() noexcept { enqueue_for(owner_.next_turn()); }

void handle_core::enqueue_for(std::uint64_t turn) noexcept {
  turn_ = turn;
  owner_.sched().ready.push(*this);
}

void handle_core::take_turn(crossfade::detail::ready_callback& self, use how) {
  auto& handle = static_cast<handle_core&>(self);
  if (how == use::call) handle.run();
  handle.release();
}

void handle_core::run() {
  owner_.enter_turn(turn_);
  if (cancelled_) return;
  running_ = true;
  crossfade::detail::scheduler& sched = owner_.sched();
  sched.callback_variables = &variables_;
  const event_loop::slow_watch watch(owner_);
  try {
    call();
  } catch (...) {
    owner_.call_exception_handler({"Exception in callback", std::current_exception()});
  }
  sched.callback_variables = nullptr;
  running_ = false;
  drop();
}

void timer_handle_core::start(time_point when) {
  when_ = when;
  at_once_ = owner().arm(*this, when);
}

void timer_handle_core::cancel() noexcept {
  if (armed) {
    owner().disarm(*this, at_once_);
    handle_core::cancel();
    release();
  } else {
    handle_core::cancel();
  }
}

void timer_handle_core::ring(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<timer_handle_core&>(t);
  self.enqueue_for(self.owner().turn_of_timers());
}

done_callback::done_callback(event_loop& owner, const void* identity)
    : link(identity), handle_core(owner) {
  owner.callbacks().push(*this);
}

void done_callback::abandon() noexcept {
  owner().callbacks().remove(*this);
  add_reference();  // what the function holds may hold this
  drop();
  release();
}

void callback_list::push(done_callback& c) noexcept {
  c.next_ = first_;
  if (first_ != nullptr) first_->before_ = &c;
  first_ = &c;
}

void callback_list::remove(done_callback& c) noexcept {
  if (!c.listed_) return;
  c.listed_ = false;
  (c.before_ != nullptr ? c.before_->next_ : first_) = c.next_;
  if (c.next_ != nullptr) c.next_->before_ = c.before_;
}

done_callback::~done_callback() {
  owner().callbacks().remove(*this);
  if (source_ != nullptr) source_->release();
}

void done_callback::done(future_core& of) noexcept {
  owner().callbacks().remove(*this);
  source_ = &of;
  of.add_reference();
  enqueue();
}

}  // namespace crossfade::coro_backend::detail
