#include "portfoliod/root_times.hpp"

#include "portfoliod/seconds.hpp"

#include <map>
#include <string_view>

namespace portfoliod {

namespace xf = crossfade;

namespace {

/// In seconds: from what is read from memory to what somebody gives up on.
const prometheus::Histogram::BucketBoundaries bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                     0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                                     1,      2.5,     5,      10};

/// One backend's; the family owns them.
struct outcomes {
  prometheus::Histogram* ok;
  prometheus::Histogram* failed;
};

}  // namespace

std::function<void(const xf::ended_root&)> root_times::watching(
    const std::string& subsystem, const std::vector<std::reference_wrapper<xf::backend>>& on) {
  std::map<std::string, outcomes, std::less<>> series;
  for (const xf::backend& one : on) {
    const std::string backend(one.name());
    const auto histogram = [&](const char* outcome) {
      return &family_.Add({{"subsystem", subsystem}, {"backend", backend}, {"outcome", outcome}},
                          bounds);
    };
    series.emplace(backend, outcomes{histogram("ok"), histogram("failed")});
  }
  return [series](const xf::ended_root& root) {
    const auto found = series.find(root.backend);
    if (root.cancelled || found == series.end()) return;
    (root.failed ? found->second.failed : found->second.ok)->Observe(seconds(root.took));
  };
}

}  // namespace portfoliod
