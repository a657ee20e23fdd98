#pragma once

#include <atomic>

namespace crossfade::detail {

/// A value that one thread writes and others may look at. To the thread that writes it is as good
/// as a plain one: each access is an ordinary instruction and orders nothing.
template <class T>
class relaxed {
 public:
  constexpr relaxed(T value) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor)
  relaxed& operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  operator T() const noexcept {  // NOLINT(google-explicit-constructor)
    return value_.load(std::memory_order_relaxed);
  }
  // No read-modify-write instruction: there is one writer.
  relaxed& operator++() noexcept { return *this = static_cast<T>(*this) + 1; }
  relaxed& operator--() noexcept { return *this = static_cast<T>(*this) - 1; }

 private:
  std::atomic<T> value_;
};

}  // namespace crossfade::detail
