#include "compat/runtime.hpp"

#include <algorithm>

#include "compat/errors.hpp"
#include "compat/loop.hpp"

namespace crossfade {

runtime::runtime(loop& owner, std::initializer_list<std::reference_wrapper<backend>> backends,
                 chooser choose)
    : loop_(owner), backends_(backends), chooser_(std::move(choose)) {
  if (backends_.empty()) throw usage_error("runtime: no backend given; expected at least one");
  for (backend& b : backends_) {
    if (&b.owner() != &owner) {
      throw usage_error("runtime: backend '" + std::string(b.name()) + "' belongs to another loop");
    }
  }
}

backend& runtime::choose(std::string_view subsystem, std::string_view targeting_key) {
  return named(choice(subsystem, targeting_key), subsystem);
}

backend& runtime::named(std::string_view wanted, std::string_view subsystem) {
  if (wanted.empty() || wanted == shadow_choice) return backends_.front();
  for (backend& b : backends_) {
    if (b.name() == wanted) return b;
  }
  if (std::find(unknown_.begin(), unknown_.end(), wanted) == unknown_.end()) {
    unknown_.emplace_back(wanted);
    std::string message = "subsystem '" + std::string(subsystem) + "': the chosen backend is '" +
                          std::string(wanted) + "'; expected one of:";
    for (backend& b : backends_) message += " '" + std::string(b.name()) + "'";
    loop_.report(std::make_exception_ptr(usage_error(message + ". The first is used")));
  }
  return backends_.front();
}

detail::scheduler& runtime::core() const noexcept { return loop_.core(); }

}  // namespace crossfade
