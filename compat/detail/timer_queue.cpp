#include "compat/detail/timer_queue.hpp"

#include <cassert>
#include <utility>

namespace crossfade::detail {

void timer_queue::arm(timer& t, time_point due) noexcept {
  assert(!t.armed);
  t.due = due;
  t.armed = true;
  t.order_ = armed_++;
  root_ = meld(root_, &t);
}

void timer_queue::cancel(timer& t) noexcept {
  if (!t.armed) return;
  timer* children = meld_children(std::exchange(t.child_, nullptr));
  if (&t == root_) {
    root_ = children;
  } else {
    (t.before_->child_ == &t ? t.before_->child_ : t.before_->next_) = t.next_;
    if (t.next_ != nullptr) t.next_->before_ = t.before_;
    root_ = meld(root_, children);
  }
  t.next_ = t.before_ = nullptr;
  t.armed = false;
}

timer* timer_queue::meld(timer* a, timer* b) noexcept {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->due < a->due || (b->due == a->due && b->order_ < a->order_)) std::swap(a, b);
  b->next_ = a->child_;
  b->before_ = a;
  if (a->child_ != nullptr) a->child_->before_ = b;
  a->child_ = b;
  return a;
}

// Pairs the siblings from left to right, then melds the pairs from right to left; in a loop, since
// a heap that only grew has one node with all others as its children.
timer* timer_queue::meld_children(timer* first) noexcept {
  timer* pairs = nullptr;  // a stack, linked through next_
  while (first != nullptr) {
    timer* a = first;
    timer* b = a->next_;
    first = b != nullptr ? b->next_ : nullptr;
    a->next_ = a->before_ = nullptr;
    if (b != nullptr) b->next_ = b->before_ = nullptr;
    timer* pair = meld(a, b);
    pair->next_ = pairs;
    pairs = pair;
  }
  timer* all = nullptr;
  while (pairs != nullptr) {
    timer* next = std::exchange(pairs->next_, nullptr);
    all = meld(all, pairs);
    pairs = next;
  }
  return all;
}

}  // namespace crossfade::detail
