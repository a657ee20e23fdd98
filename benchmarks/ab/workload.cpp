#include "benchmarks/ab/workload.hpp"

#include <algorithm>
#include <stdexcept>

namespace crossfade::ab {
namespace {

bool matches(const std::string& name, const std::string& pattern) {
  return name.starts_with(pattern) &&
         (name.size() == pattern.size() || name[pattern.size()] == '/');
}

}  // namespace

void suite::add(registered_workload added) {
  if (added.name.empty()) throw std::invalid_argument("a workload has no name; expected one");
  const auto same = [&](const registered_workload& other) { return other.name == added.name; };
  if (std::ranges::any_of(all_, same)) {
    throw std::invalid_argument("the workload " + added.name +
                                " is there already; expected another name");
  }
  all_.push_back(std::move(added));
}

std::vector<const registered_workload*> suite::matching(
    const std::vector<std::string>& patterns) const {
  for (const std::string& pattern : patterns) {
    const auto wanted = [&](const registered_workload& one) { return matches(one.name, pattern); };
    if (std::ranges::any_of(all_, wanted)) continue;
    std::string error = "no workload is called " + pattern + "; expected one of";
    for (const registered_workload& one : all_) error.append("\n  ").append(one.name);
    throw std::invalid_argument(error);
  }
  std::vector<const registered_workload*> found;
  for (const registered_workload& one : all_) {
    const auto wants = [&](const std::string& pattern) { return matches(one.name, pattern); };
    if (patterns.empty() || std::ranges::any_of(patterns, wants)) found.push_back(&one);
  }
  return found;
}

}  // namespace crossfade::ab
