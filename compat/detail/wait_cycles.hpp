#pragma once

#include <cstdint>
#include <vector>

namespace crossfade::detail {

/// A task, by its id, and the tasks without each of which it goes no further.
struct wait_node {
  std::uint64_t id;
  std::vector<std::uint64_t> held_by;
};

/// The cycles among them: ids of which each waits for the next, and the last for the first. A cycle
/// begins with its oldest task. Of those that share a task not all need be found, but one is.
std::vector<std::vector<std::uint64_t>> find_cycles(const std::vector<wait_node>& nodes);

}  // namespace crossfade::detail
