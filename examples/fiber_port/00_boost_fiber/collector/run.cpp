#include "collector/run.hpp"

#include "collector/collect.hpp"

namespace collector {

// region run
fiber_port::summary run(const fiber_port::job& todo) { return collect(todo); }
// endregion

}  // namespace collector
