#include "collector/reporter.hpp"

#include "compat/sleep.hpp"

namespace collector {

namespace xf = crossfade;

void reporter::run() {
  for (;;) {
    xf::await(xf::sleep(interval_));
    report();
  }
}

void reporter::report() { lines_.push_back(std::to_string(prices_.known()) + " prices known"); }

}  // namespace collector
