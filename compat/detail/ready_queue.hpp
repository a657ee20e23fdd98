#pragma once

#include <cassert>
#include <cstdint>

namespace crossfade::detail {

/// What a turn of the loop does with a queued node.
enum class ready_kind : std::uint8_t {
  callback,   ///< call a function
  coroutine,  ///< resume, or on its first turn start, a task that has no stack
  new_stack,  ///< start a task on a stack of its own
  stack,      ///< switch to a stack
};

/// Something that has a turn coming. It stands in the queue at most once.
struct ready_node {
  explicit ready_node(ready_kind k) noexcept : kind(k) {}
  ready_node(const ready_node&) = delete;
  ready_node& operator=(const ready_node&) = delete;

  ready_node* next = nullptr;
  ready_kind kind;
  bool queued = false;

 protected:
  ~ready_node() = default;
};

/// A node that calls a function and is not touched after the call, so the function may delete it.
struct ready_callback : ready_node {
  enum class use : std::uint8_t {
    call,
    discard
  };  // discard: the loop is destroyed before the turn came
  using function = void (*)(ready_callback&, use);
  explicit ready_callback(function f) noexcept : ready_node(ready_kind::callback), take(f) {}
  function take;
};

/// The one queue of everything that is ready, whatever its kind. FIFO, intrusive, one thread.
class ready_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  ready_node* front() const noexcept { return head_; }

  void push(ready_node& node) noexcept {
    assert(!node.queued && "woken twice");
    node.queued = true;
    node.next = nullptr;
    (head_ != nullptr ? tail_->next : head_) = &node;
    tail_ = &node;
  }

  ready_node& pop() noexcept {
    ready_node& node = *head_;
    head_ = node.next;
    node.queued = false;
    return node;
  }

  /// Takes out a node that stands somewhere in the queue: looks for it from the front.
  void remove(ready_node& node) noexcept {
    assert(node.queued);
    ready_node* before = nullptr;
    for (ready_node* n = head_; n != &node; n = n->next) before = n;
    (before != nullptr ? before->next : head_) = node.next;
    if (tail_ == &node) tail_ = before;
    node.queued = false;
  }

  /// Moves the node behind `before` to the front.
  void move_to_front_behind(ready_node& before) noexcept {
    ready_node& node = *before.next;
    before.next = node.next;
    if (tail_ == &node) tail_ = &before;
    node.next = head_;
    head_ = &node;
  }

 private:
  ready_node* head_ = nullptr;
  ready_node* tail_ = nullptr;
};

}  // namespace crossfade::detail
