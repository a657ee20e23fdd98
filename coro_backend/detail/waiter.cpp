#include "coro_backend/detail/waiter.hpp"

namespace crossfade::coro_backend::detail {

void waiter_list::push(queued_future& f) noexcept {
  f.queued_ = true;
  f.before_ = last_;
  (last_ != nullptr ? last_->next_ : first_) = &f;
  last_ = &f;
}

void waiter_list::remove(queued_future& f) noexcept {
  if (!f.queued_) return;
  f.queued_ = false;
  (f.before_ != nullptr ? f.before_->next_ : first_) = f.next_;
  (f.next_ != nullptr ? f.next_->before_ : last_) = f.before_;
}

void waiter_list::wake_next() noexcept {
  while (queued_future* f = first_) {
    remove(*f);
    if (f->done()) continue;
    f->set_unless_done();
    return;
  }
}

}  // namespace crossfade::coro_backend::detail
