#pragma once

#include <utility>

namespace crossfade::detail {

/// A counted reference to what has `add_reference` and `release`. One thread.
template <class T>
class counted {
 public:
  counted() = default;
  explicit counted(T* object) noexcept : object_(object) {
    if (object_ != nullptr) object_->add_reference();
  }
  counted(const counted& other) noexcept : counted(other.object_) {}
  counted(counted&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  counted& operator=(counted other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~counted() {
    if (object_ != nullptr) object_->release();
  }
  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace crossfade::detail
