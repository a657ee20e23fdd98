#include "compat/detail/op_base.hpp"

#include "compat/detail/task_state.hpp"

namespace crossfade::detail {

void op_base::complete() noexcept {
  status_ = interrupt_on_completion_ ? status::interrupted : status::done;
  task_->wake();
}

void op_base::complete_interrupted() noexcept {
  status_ = status::interrupted;
  task_->wake();
}

void wait_queue::push(op_base& op) noexcept {
  op.next_ = nullptr;
  op.before_ = tail_;
  (tail_ != nullptr ? tail_->next_ : head_) = &op;
  tail_ = &op;
}

void wait_queue::remove(op_base& op) noexcept {
  (op.before_ != nullptr ? op.before_->next_ : head_) = op.next_;
  (op.next_ != nullptr ? op.next_->before_ : tail_) = op.before_;
}

op_base& wait_queue::pop() noexcept {
  op_base& op = *head_;
  remove(op);
  return op;
}

}  // namespace crossfade::detail
