#pragma once

#include <cstdint>

namespace crossfade::fiber_backend::detail {

class link_list;

/// Something to call on the hub when what it is linked to has come: the wait of a task, or a
/// function. Stands in one list at a time.
class link_node {
 public:
  link_node(const link_node&) = delete;
  link_node& operator=(const link_node&) = delete;
  virtual ~link_node() = default;

  bool linked() const noexcept { return list_ != nullptr; }
  bool linked_in(const link_list& list) const noexcept { return list_ == &list; }
  /// Links of one identity are called once for each notification, and `unlink` finds them by it.
  /// Null: a wait.
  const void* identity() const noexcept { return identity_; }

  /// It has been taken out of its list. May destroy itself; may throw.
  virtual void call() = 0;
  /// It has been taken out of its list and will not be called.
  virtual void drop() noexcept = 0;

 protected:
  explicit link_node(const void* identity = nullptr) noexcept : identity_(identity) {}

 private:
  friend class link_list;
  const void* identity_;
  link_list* list_ = nullptr;
  link_node* next_ = nullptr;
  link_node* before_ = nullptr;
  std::uint64_t number_ = 0;
};

/// Links, first linked first.
class link_list {
 public:
  link_list() = default;
  ~link_list() { clear(); }
  link_list(const link_list&) = delete;
  link_list& operator=(const link_list&) = delete;

  bool empty() const noexcept { return head_ == nullptr; }
  void push(link_node& node) noexcept;
  void remove(link_node& node) noexcept;
  link_node& pop() noexcept {
    link_node& first = *head_;
    remove(first);
    return first;
  }
  /// The first of that identity, null if there is none.
  link_node* find(const void* identity) const noexcept;
  /// Which number the last one has, unlike that of any other. For lists that are not empty.
  std::uint64_t last_number() const noexcept { return tail_->number_; }
  static std::uint64_t number(const link_node& node) noexcept { return node.number_; }
  /// Appends those of another list, which is empty afterwards.
  void take(link_list& other) noexcept {
    while (!other.empty()) push(other.pop());
  }
  /// Nobody will call them.
  void clear() noexcept {
    while (!empty()) pop().drop();
  }

 private:
  link_node* head_ = nullptr;
  link_node* tail_ = nullptr;
  std::uint64_t pushed_ = 0;
};

/// What can be linked to: greenlets, events, results, semaphores.
class link_source {
 public:
  link_source() = default;
  link_source(const link_source&) = delete;
  link_source& operator=(const link_source&) = delete;
  virtual ~link_source() = default;

  virtual void add_link(link_node& node) = 0;
  virtual void remove_link(link_node& node) noexcept = 0;
  /// Takes out the first link of that identity, if there is one.
  virtual void remove_link_of(const void* identity) noexcept = 0;
};

}  // namespace crossfade::fiber_backend::detail
