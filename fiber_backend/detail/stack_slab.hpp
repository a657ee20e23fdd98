#pragma once

#include <cstddef>
#include <cstdint>

namespace crossfade::fiber_backend::detail {

/// Stacks of one size, side by side in one mapping of memory.
///
/// Each has a guard below it, or only the lowest has. The kernel limits how many separate ranges a
/// process maps, and a guard makes two of one; a stack that has another right below it is watched
/// by a canary instead, which lies in the one below, in the page that is in use there anyway. So
/// only pages that a fiber has used take memory.
class stack_slab {
 public:
  enum class guards : std::uint8_t { below_each, below_lowest };
  static constexpr unsigned most_stacks = 64;
  /// At the top of each stack: the canary of the one above.
  static constexpr std::size_t canary_size = 64;

  /// Sizes in bytes. The usable size of a stack is whole pages.
  struct shape {
    shape(std::size_t stack_size, guards g) noexcept;
    /// How many stacks a slab should have.
    unsigned fitting() const noexcept;

    guards guarded;
    std::size_t page;
    std::size_t guard;
    std::size_t stack;
    std::size_t stride;  // from stack to stack
  };

  /// Throws: `std::bad_alloc`.
  stack_slab(const shape& s, unsigned count);
  ~stack_slab();
  stack_slab(const stack_slab&) = delete;
  stack_slab& operator=(const stack_slab&) = delete;

  bool guarded() const noexcept { return shape_.guarded == guards::below_each; }
  unsigned count() const noexcept { return count_; }
  std::size_t stack_size() const noexcept { return shape_.stack; }
  /// Bytes below this stack that fault.
  std::size_t guard_below(const char* lowest) const noexcept {
    return guarded() || lowest == lowest_of(0) ? shape_.guard : 0;
  }
  bool full() const noexcept { return free_ == 0; }
  bool unused() const noexcept { return free_ == all(); }

  /// The low end of a free stack. Null: the kernel refuses to make its guard. Not when full.
  char* take() noexcept;
  /// Gives back the stack's memory, but for its highest page, and returns what it had used.
  std::size_t give_back(char* lowest) noexcept;
  /// The most that any stack in use has used so far.
  std::size_t deepest() const noexcept;

 private:
  std::uint64_t all() const noexcept { return ~std::uint64_t{0} >> (most_stacks - count_); }
  std::size_t bytes() const noexcept;
  char* lowest_of(unsigned index) const noexcept {
    return memory_ + shape_.guard + index * shape_.stride;
  }
  std::size_t use_of(const char* lowest) const noexcept;

  const shape shape_;
  const unsigned count_;
  unsigned made_ = 0;   // stacks that were taken at least once: always the lowest
  std::uint64_t free_;  // a bit for each
  char* memory_;
};

/// Whether nothing has been written below a stack of a slab with one guard. `lowest` is its low
/// end.
bool canary_is_intact(const char* lowest) noexcept;

}  // namespace crossfade::fiber_backend::detail
