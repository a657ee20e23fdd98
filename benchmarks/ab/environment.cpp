#include "benchmarks/ab/results.hpp"

#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>

namespace crossfade::ab {
namespace {

std::string now_and_then(std::string_view what, std::string_view now, std::string_view then) {
  std::string text(what);
  text.append(" is ").append(now).append("; was ").append(then);
  return text;
}

// What a kernel leaves of the same memory differs from version to version.
bool alike(std::uint64_t a, std::uint64_t b) {
  const auto [less, more] = std::minmax(a, b);
  return more - less <= more / 20;
}

}  // namespace

std::vector<std::string> differences(const environment& before, const environment& now) {
  std::vector<std::string> found;
  const auto compare = [&](std::string_view what, const std::string& then, const std::string& it) {
    if (then != it) found.push_back(now_and_then(what, '"' + it + '"', '"' + then + '"'));
  };
  if (before.host != now.host && !before.host.empty() && !now.host.empty()) {
    found.emplace_back("the machine is another one");
  }
  compare("cpu", before.cpu, now.cpu);
  if (before.cpus != now.cpus) {
    found.push_back(now_and_then("cpus", std::to_string(now.cpus), std::to_string(before.cpus)));
  }
  if (!alike(before.memory_bytes, now.memory_bytes)) {
    found.push_back(now_and_then("memory", detail::bytes(static_cast<double>(now.memory_bytes)),
                                 detail::bytes(static_cast<double>(before.memory_bytes))));
  }
  compare("kernel", before.kernel, now.kernel);
  compare("compiler", before.compiler, now.compiler);
  compare("build", before.build, now.build);
  compare("Boost", before.boost, now.boost);
  return found;  // not the version: that is what one compares
}

}  // namespace crossfade::ab
