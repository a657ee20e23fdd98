#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace crossfade::detail {

/// What stands in a queue: first in, first out.
template <class T>
class fifo_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) { items_.push_back(std::move(item)); }
  T get() {
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  const T& peek() const noexcept { return items_.front(); }

 private:
  std::deque<T> items_;
};

/// Last in, first out.
template <class T>
class lifo_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) { items_.push_back(std::move(item)); }
  T get() {
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  const T& peek() const noexcept { return items_.back(); }

 private:
  std::vector<T> items_;
};

/// The least first.
template <class T, class Before = std::less<>>
class ordered_items {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void put(T item) {
    items_.push_back(std::move(item));
    std::push_heap(items_.begin(), items_.end(), after);
  }
  T get() {
    std::pop_heap(items_.begin(), items_.end(), after);
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  const T& peek() const noexcept { return items_.front(); }

 private:
  static bool after(const T& a, const T& b) { return Before()(b, a); }
  std::vector<T> items_;
};

}  // namespace crossfade::detail
