#pragma once

#include <functional>
#include <vector>

#include "test_kit/cell.hpp"

namespace crossfade::test_kit {

/// The tasks of a scene, in the order in which they are spawned. All of coroutine text.
struct cast {
  using text = std::function<task<>()>;
  std::vector<text> before = {};
  text victim = {};  ///< whom the sweeps cancel; `random_orders` needs none
  std::vector<text> after = {};
};

/// A small story about tasks that share something, to be played again and again: makes what they
/// share, calls `play` with them, and checks what must hold when it returns, however it went.
///
/// Plays are under virtual time; where the loop ends in the middle of one, it has a loop of its
/// own. The victim runs in the first cell of a sweep's pair, the others in the second. What the
/// loop reports is a failure.
using scene = std::function<void(const std::function<void(const cast&)>& play)>;

/// Plays a scene once for each turn the victim's life is long: the first time the victim is
/// cancelled before it runs, then after one round of turns, and so on until it ends uncancelled. So
/// it is cancelled in each of its waits, and each time it had been woken but not run.
void cancel_at_every_wait(cell_pair where, const scene& story);

/// As `cancel_at_every_wait`, but it is the loop that ends: with all tasks where they are by then.
void stop_at_every_turn(cell_pair where, const scene& story);

/// 1,000; 50 in builds with ThreadSanitizer, which makes switches some thirty times as dear and has
/// nothing to say about the order of turns on one thread.
unsigned default_orders() noexcept;

/// Plays a scene in `count` orders, in which anybody who is ready may be the next to run.
///
/// Each order has a seed. The first one that fails ends the sweep, and its failures tell the seed.
/// With the environment variable CROSSFADE_SEED set to it, only this order is played. The same seed
/// gives the same order on every machine, as long as no other thread and no I/O takes part.
void random_orders(cell_pair where, const scene& story, unsigned count = default_orders());

/// As `random_orders`, but the victim is cancelled after as many turns as the seed says.
void random_cancellations(cell_pair where, const scene& story, unsigned count = default_orders());

/// All four, for a scene whose claim holds wherever it is cut short and whoever runs first. With
/// CROSSFADE_SEED set, only those that have a seed.
void sweep(cell_pair where, const scene& story);

}  // namespace crossfade::test_kit
