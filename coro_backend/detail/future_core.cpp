#include "coro_backend/detail/future_core.hpp"

#include "coro_backend/event_loop.hpp"

namespace crossfade::coro_backend::detail {

future_core::~future_core() {
  while (link* l = links_.front()) {
    links_.remove(*l);
    l->forget();
  }
}

void future_core::last_reference_gone() noexcept {
  if (unretrieved_) {
    mark_retrieved();
    add_reference();  // the report may be kept
    owner_.report_never_retrieved(error_, as_task());
    if (--references_ != 0) return;
  }
  destroy();
}

bool future_core::cancel(const cancel_message& message) {
  mark_retrieved();
  if (done()) return false;
  message_ = message;
  end(stage::cancelled);
  return true;
}

void future_core::set_exception(std::exception_ptr error) {
  require_pending();
  end_failed(std::move(error));
}

void future_core::require_pending() const {
  if (done()) throw invalid_state_error("the future is done already");
}

std::exception_ptr future_core::exception() {
  if (cancelled()) std::rethrow_exception(make_cancelled_error());
  if (!done()) throw invalid_state_error("the future is not done: its exception is not known yet");
  mark_retrieved();
  return failed() ? error_ : nullptr;
}

void future_core::require_value() {
  if (finished()) [[likely]]
    return;
  if (!done()) throw invalid_state_error("the future is not done: it has no result yet");
  std::rethrow_exception(outcome());
}

std::exception_ptr future_core::outcome() {
  if (cancelled()) return make_cancelled_error();
  mark_retrieved();
  return failed() ? error_ : nullptr;
}

std::exception_ptr future_core::make_cancelled_error() {
  if (cancelled() && error_ != nullptr) return std::exchange(error_, nullptr);
  return std::make_exception_ptr(cancelled_error(message_));
}

void future_core::add(link& l) noexcept {
  if (done()) {
    l.done(*this);
  } else {
    links_.push(l);
  }
}

std::size_t future_core::remove(const void* identity) noexcept {
  std::size_t count = 0;
  for (link* l = links_.front(); l != nullptr;) {
    link* const next = link_list::after(*l);
    if (l->identity() == identity) {
      links_.remove(*l);
      l->forget();
      ++count;
    }
    l = next;
  }
  return count;
}

void future_core::end(stage s) noexcept {
  stage_ = s;
  while (link* l = links_.front()) {
    links_.remove(*l);
    l->done(*this);
  }
}

void future_core::end_cancelled(std::exception_ptr saved, const cancel_message& message) {
  error_ = std::move(saved);
  message_ = message;
  end(stage::cancelled);
}

void future_core::end_failed(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  unretrieved_ = true;
  end(stage::failed);
}

}  // namespace crossfade::coro_backend::detail
