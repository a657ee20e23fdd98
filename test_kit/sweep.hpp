#pragma once

#include <functional>
#include <vector>

#include "test_kit/cell.hpp"

namespace crossfade::test_kit {

/// The tasks of a scene, in the order in which they are spawned. All of coroutine text.
struct cast {
  using text = std::function<task<>()>;
  std::vector<text> before;
  text victim;
  std::vector<text> after;
};

/// Plays a scene on a loop of its own, once for each turn the victim's life is long: the first time
/// the victim is cancelled before it runs, then after one round of turns, and so on until it ends
/// uncancelled. So it is cancelled in each of its waits, and each time it had been woken but not
/// run. Then all again, with the loop ended instead of the victim cancelled.
///
/// `scene(play)` makes what the tasks share, calls `play` with them, and checks what must hold
/// afterwards wherever the cancellation came. The victim runs in the first cell, the others in the
/// second.
void cancel_everywhere(cell_pair where,
                       const std::function<void(const std::function<void(cast)>& play)>& scene);

}  // namespace crossfade::test_kit
