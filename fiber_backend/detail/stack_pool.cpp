#include "fiber_backend/detail/stack_pool.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <fstream>
#include <new>

namespace crossfade::fiber_backend::detail {

namespace {

// The kernel counts the maps of the whole process, so we do too.
std::atomic<std::size_t> guarded_in_process{0};

std::size_t most_guarded_in_process() {
  static const std::size_t most = [] {
    std::size_t maps = 65'530;  // the kernel's default
    std::ifstream("/proc/sys/vm/max_map_count") >> maps;
    return maps / 2 / 2;  // a stack and its guard are two maps; half of all is left to others
  }();
  return most;
}

std::size_t reserve_guarded(std::size_t wanted) {
  const std::size_t most = most_guarded_in_process();
  std::size_t before = guarded_in_process.load(std::memory_order_relaxed);
  std::size_t granted = 0;
  do {
    granted = std::min(wanted, most - std::min(most, before));
  } while (!guarded_in_process.compare_exchange_weak(before, before + granted,
                                                     std::memory_order_relaxed));
  return granted;
}

void unreserve_guarded(std::size_t count) noexcept {
  guarded_in_process.fetch_sub(count, std::memory_order_relaxed);
}

}  // namespace

stack_pool::stack_pool(std::size_t stack_size, std::size_t most_guarded) noexcept
    : guarded_shape_(stack_size, stack_slab::guards::below_each),
      unguarded_shape_(stack_size, stack_slab::guards::below_lowest),
      most_guarded_(most_guarded) {}

stack_pool::~stack_pool() { assert(guarded_slabs_.empty() && unguarded_slabs_.empty()); }

stack_pool::stack stack_pool::take() {
  if (const auto guarded = take_guarded()) {
    ++guarded_;
    return *guarded;
  }
  const stack unguarded = take_unguarded();
  ++unguarded_;
  return unguarded;
}

std::optional<stack_pool::stack> stack_pool::take_guarded() {
  if (guarded_slabs_.empty() || guarded_slabs_.front().full()) {
    const std::size_t count = reserve_guarded(std::min<std::size_t>(
        guarded_shape_.fitting(), most_guarded_ - std::min(most_guarded_, room_for_guarded_)));
    if (count == 0) return std::nullopt;
    try {
      guarded_slabs_.emplace_front(guarded_shape_, static_cast<unsigned>(count));
    } catch (...) {
      unreserve_guarded(count);
      throw;
    }
    room_for_guarded_ += count;
  }
  return take_first(guarded_slabs_);
}

stack_pool::stack stack_pool::take_unguarded() {
  if (unguarded_slabs_.empty() || unguarded_slabs_.front().full())
    unguarded_slabs_.emplace_front(unguarded_shape_, unguarded_shape_.fitting());
  if (const auto taken = take_first(unguarded_slabs_)) return *taken;
  throw std::bad_alloc();
}

// Nothing: the kernel makes no guard, since others have used more than their half.
std::optional<stack_pool::stack> stack_pool::take_first(slab_list& slabs) noexcept {
  const auto home = slabs.begin();
  char* lowest = home->take();
  if (lowest == nullptr) {
    drop_if_unused(slabs, home);
    return std::nullopt;
  }
  if (home->full()) slabs.splice(slabs.end(), slabs, home);
  return stack{lowest, home->stack_size(), home->guard_below(lowest), home};
}

void stack_pool::give_back(const stack& s) noexcept {
  const bool guarded = s.home->guarded();
  slab_list& slabs = guarded ? guarded_slabs_ : unguarded_slabs_;
  --(guarded ? guarded_ : unguarded_);
  deepest_given_back_ = std::max(deepest_given_back_, s.home->give_back(s.lowest));
  slabs.splice(slabs.begin(), slabs, s.home);
  drop_if_unused(slabs, s.home);
}

void stack_pool::drop_if_unused(slab_list& slabs, slab_list::iterator slab) noexcept {
  if (!slab->unused()) return;
  if (slab->guarded()) {
    unreserve_guarded(slab->count());
    room_for_guarded_ -= slab->count();
  }
  slabs.erase(slab);
}

std::size_t stack_pool::deepest() const noexcept {
  std::size_t most = deepest_given_back_;
  for (const slab_list* slabs : {&guarded_slabs_, &unguarded_slabs_})
    for (const stack_slab& slab : *slabs) most = std::max(most, slab.deepest());
  return most;
}

}  // namespace crossfade::fiber_backend::detail
