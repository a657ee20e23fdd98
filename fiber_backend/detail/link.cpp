#include "fiber_backend/detail/link.hpp"

namespace crossfade::fiber_backend::detail {

void link_list::push(link_node& node) noexcept {
  node.number_ = ++pushed_;
  node.list_ = this;
  node.next_ = nullptr;
  node.before_ = tail_;
  (tail_ != nullptr ? tail_->next_ : head_) = &node;
  tail_ = &node;
}

void link_list::remove(link_node& node) noexcept {
  (node.before_ != nullptr ? node.before_->next_ : head_) = node.next_;
  (node.next_ != nullptr ? node.next_->before_ : tail_) = node.before_;
  node.list_ = nullptr;
}

link_node* link_list::find(const void* identity) const noexcept {
  for (link_node* n = head_; n != nullptr; n = n->next_) {
    if (n->identity_ == identity) return n;
  }
  return nullptr;
}

}  // namespace crossfade::fiber_backend::detail
