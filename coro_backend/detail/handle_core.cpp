#include "coro_backend/detail/handle_core.hpp"

#include <exception>
#include <utility>

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
  owner.handles().push(*this);
}

handle_core::~handle_core() {
  if (listed_) owner_.handles().remove(*this);
}

void handle_core::abandon() noexcept {
  add_reference();  // what it holds may hold this
  owner_.handles().remove(*this);
  cancelled_ = true;
  drop();
  let_go();
  release();
}

void handle_list::push(handle_core& h) noexcept {
  h.listed_ = true;
  h.next_ = first_;
  if (first_ != nullptr) first_->before_ = &h;
  first_ = &h;
}

void handle_list::remove(handle_core& h) noexcept {
  h.listed_ = false;
  (h.before_ != nullptr ? h.before_->next_ : first_) = h.next_;
  if (h.next_ != nullptr) h.next_->before_ = h.before_;
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
  if (listed_) owner_.handles().remove(*this);
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
  handle_core::cancel();
  stop_timer();
}

void timer_handle_core::let_go() noexcept { stop_timer(); }

void timer_handle_core::stop_timer() noexcept {
  if (!armed) return;
  owner().disarm(*this, at_once_);
  release();
}

void timer_handle_core::ring(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<timer_handle_core&>(t);
  self.enqueue_for(self.owner().turn_of_timers());
}

done_callback::~done_callback() { let_go(); }

void done_callback::let_go() noexcept {
  if (source_ != nullptr) std::exchange(source_, nullptr)->release();
}

void done_callback::done(future_core& of) noexcept {
  source_ = &of;
  of.add_reference();
  enqueue();
}

}  // namespace crossfade::coro_backend::detail
