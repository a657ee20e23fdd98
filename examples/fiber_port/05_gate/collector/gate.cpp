#include "collector/gate.hpp"

namespace collector {

crossfade::op<gate::pass> gate::enter() { return room_.acquire(); }

}  // namespace collector
