#include "compat/detail/wait_cycles.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace crossfade::detail {

namespace {

// Depth first, with a path of its own instead of recursion: chains of waits are as long as users
// make them.
class search {
 public:
  explicit search(const std::vector<wait_node>& nodes) : nodes_(nodes), seen_(nodes.size()) {
    for (std::size_t i = 0; i < nodes.size(); ++i) index_.emplace(nodes[i].id, i);
  }

  void from(std::size_t start) {
    if (seen_[start] != visit::none) return;
    enter(start);
    while (!path_.empty()) {
      step& here = path_.back();
      const auto& edges = nodes_[here.node].held_by;
      if (here.next_edge == edges.size()) {
        seen_[here.node] = visit::left;
        path_.pop_back();
        continue;
      }
      const auto to = index_.find(edges[here.next_edge++]);
      if (to == index_.end()) continue;  // ended, or waits for nobody
      if (seen_[to->second] == visit::none) {
        enter(to->second);
      } else if (seen_[to->second] == visit::on_path) {
        keep_cycle(to->second);
      }
    }
  }

  std::vector<std::vector<std::uint64_t>> cycles;

 private:
  enum class visit : std::uint8_t { none, on_path, left };
  struct step {
    std::size_t node;
    std::size_t next_edge = 0;
  };

  void enter(std::size_t node) {
    seen_[node] = visit::on_path;
    path_.push_back({node});
  }
  void keep_cycle(std::size_t first) {
    auto begin = path_.end();
    do {
      --begin;
    } while (begin->node != first);
    std::vector<std::uint64_t> ids;
    for (auto s = begin; s != path_.end(); ++s) ids.push_back(nodes_[s->node].id);
    std::rotate(ids.begin(), std::min_element(ids.begin(), ids.end()), ids.end());
    cycles.push_back(std::move(ids));
  }

  const std::vector<wait_node>& nodes_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  std::vector<visit> seen_;
  std::vector<step> path_;
};

}  // namespace

std::vector<std::vector<std::uint64_t>> find_cycles(const std::vector<wait_node>& nodes) {
  search all(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) all.from(i);
  return std::move(all.cycles);
}

}  // namespace crossfade::detail
