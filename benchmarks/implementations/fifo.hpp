#pragma once

#include <utility>

namespace crossfade::benchmarks {

/// A queue linked through `Node::next`.
template <class Node>
class fifo {
 public:
  void push(Node& node) {
    node.next = nullptr;
    (first_ != nullptr ? last_->next : first_) = &node;
    last_ = &node;
  }

  /// Null if there is none.
  Node* pop() {
    Node* const node = first_;
    if (node != nullptr) first_ = node->next;
    return node;
  }

 private:
  Node* first_ = nullptr;
  Node* last_ = nullptr;
};

/// The least that a lock (open at first), an event and a one-item queue (closed at first) share.
template <class Node>
class gate {
 public:
  explicit gate(bool open) : open_(open) {}

  bool try_pass() { return std::exchange(open_, false); }
  void wait(Node& node) { waiters_.push(node); }

  /// Hands the passage to the longest waiter and returns it, or leaves the gate open and returns
  /// null.
  Node* open() {
    Node* const next = waiters_.pop();
    open_ = next == nullptr;
    return next;
  }

 private:
  bool open_;
  fifo<Node> waiters_;
};

}  // namespace crossfade::benchmarks
