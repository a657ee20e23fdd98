#pragma once

#include <cstddef>
#include <list>
#include <optional>

#include "fiber_backend/detail/stack_slab.hpp"

namespace crossfade::fiber_backend::detail {

/// Makes the stacks of a loop's fibers, and counts them.
///
/// Each gets a guard as long as half of the ranges that the kernel lets a process map are left to
/// others; from there on a whole slab shares one. Threads: one at a time.
class stack_pool {
  using slab_list = std::list<stack_slab>;

 public:
  struct stack {
    char* lowest;
    std::size_t size;
    std::size_t guard;  // bytes below that fault, 0: another stack, and a canary in it
    slab_list::iterator home;
  };

  /// `most_guarded`: at most so many get a guard.
  stack_pool(std::size_t stack_size, std::size_t most_guarded) noexcept;
  /// All stacks have been given back.
  ~stack_pool();
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;

  /// Throws: `std::bad_alloc`.
  stack take();
  void give_back(const stack& s) noexcept;

  std::size_t stack_size() const noexcept { return unguarded_shape_.stack; }
  /// Stacks that are out, with a guard each and without.
  std::size_t guarded() const noexcept { return guarded_; }
  std::size_t unguarded() const noexcept { return unguarded_; }
  /// The most that a stack has used, of those that are out and those given back, in whole pages. A
  /// system call for each that is out.
  std::size_t deepest() const noexcept;

 private:
  std::optional<stack> take_guarded();
  stack take_unguarded();
  std::optional<stack> take_first(slab_list& slabs) noexcept;
  void drop_if_unused(slab_list& slabs, slab_list::iterator slab) noexcept;

  const stack_slab::shape guarded_shape_;
  const stack_slab::shape unguarded_shape_;
  const std::size_t most_guarded_;
  slab_list guarded_slabs_;  // in both lists, those with a free stack come first
  slab_list unguarded_slabs_;
  std::size_t room_for_guarded_ = 0;  // in all guarded slabs, free or not
  std::size_t guarded_ = 0;
  std::size_t unguarded_ = 0;
  std::size_t deepest_given_back_ = 0;
};

}  // namespace crossfade::fiber_backend::detail
