#pragma once

#include <cstdint>
#include <random>

#include "compat/detail/ready_queue.hpp"

namespace crossfade::detail {

/// Says whose turn is next where a test wants another order than FIFO: anybody's, but the same one
/// for the same seed, on every machine.
///
/// Callbacks keep their order among themselves: what one thread posts never arrives in another
/// order, and a test that met it would find a bug that there is not.
class random_order {
 public:
  explicit random_order(std::uint64_t seed) : random_(seed) {}

  /// Moves the node that was chosen to the front of the queue.
  void choose(ready_queue& ready) noexcept {
    std::uint64_t count = 0;
    for (const ready_node* n = ready.front(); n != nullptr; n = n->next) ++count;
    if (count < 2) return;
    const ready_node* chosen = ready.front();
    for (std::uint64_t steps = random_() % count; steps > 0; --steps) chosen = chosen->next;
    ready_node* before = nullptr;
    for (ready_node* n = ready.front(); n != chosen; n = n->next) {
      if (n->kind == ready_kind::callback && chosen->kind == ready_kind::callback) break;
      before = n;
    }
    if (before != nullptr) ready.move_to_front_behind(*before);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace crossfade::detail
