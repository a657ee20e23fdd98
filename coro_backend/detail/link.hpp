#pragma once

namespace crossfade::coro_backend::detail {

class future_core;

/// Something that is to happen once a future is done. It stands in the list of one future.
class link {
 public:
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// The future is done, and this stands in its list no more: to be scheduled.
  virtual void done(future_core& of) noexcept = 0;
  /// The future goes without ever being done.
  virtual void forget() noexcept = 0;
  /// By what it is removed; null: it is not.
  const void* identity() const noexcept { return identity_; }

 protected:
  explicit link(const void* identity = nullptr) noexcept : identity_(identity) {}
  ~link() = default;

 private:
  friend class link_list;
  link* next_ = nullptr;
  link* before_ = nullptr;
  const void* identity_;
};

/// In the order they came.
class link_list {
 public:
  link* front() const noexcept { return first_; }
  static link* after(const link& l) noexcept { return l.next_; }

  void push(link& l) noexcept {
    l.next_ = nullptr;
    l.before_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &l;
    last_ = &l;
  }
  void remove(link& l) noexcept {
    (l.before_ != nullptr ? l.before_->next_ : first_) = l.next_;
    (l.next_ != nullptr ? l.next_->before_ : last_) = l.before_;
  }

 private:
  link* first_ = nullptr;
  link* last_ = nullptr;
};

}  // namespace crossfade::coro_backend::detail
