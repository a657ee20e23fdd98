#pragma once

#include <source_location>

#include "fiber_backend/gevent.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {

/// What the recorded traces do not show of gevent's face.
class GeventTest : public test_kit::loop_test {
 protected:
  /// Runs `body`, blocking text, on a fiber.
  template <class Body>
  void run(Body&& body, std::source_location site = std::source_location::current()) {
    run_in({test_kit::cell::text::blocking, test_kit::cell::carrier::fiber}, body, site);
  }
};

}  // namespace crossfade
