#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "compat/backend.hpp"

namespace crossfade {

namespace detail {
struct scheduler;
}

/// Names the backend that a subsystem's next root task starts on; an empty name means the default.
///
/// `targeting_key` is whom the task is for, an account or a request; empty where it is for nobody
/// in particular. The name is used before the next call.
using chooser =
    std::function<std::string_view(std::string_view subsystem, std::string_view targeting_key)>;

/// What a chooser may name instead of a backend: the default serves, and a `shadow` repeats calls
/// on the next one.
inline constexpr std::string_view shadow_choice = "shadow";

/// The backends of one loop, and who chooses among them.
///
/// The first backend is the default: it is taken where the chooser names none, or one that does not
/// exist, which is reported once for each name to the loop's error handler. Lifetime: outlives its
/// subsystems; the loop and the backends outlive it. Threads: the loop's only.
class runtime {
 public:
  /// Throws: `usage_error` if there is no backend, or one of another loop.
  runtime(loop& owner, std::initializer_list<std::reference_wrapper<backend>> backends,
          chooser choose = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  loop& owner() const noexcept { return loop_; }
  const std::vector<std::reference_wrapper<backend>>& backends() const noexcept {
    return backends_;
  }
  /// What the chooser says; empty if there is none.
  std::string_view choice(std::string_view subsystem, std::string_view targeting_key = {}) const {
    return chooser_ ? chooser_(subsystem, targeting_key) : std::string_view();
  }
  /// The backend for the next root task of the subsystem of that name, for that targeting key.
  backend& choose(std::string_view subsystem, std::string_view targeting_key = {});
  /// The backend of that name, which was chosen for the subsystem.
  backend& named(std::string_view name, std::string_view subsystem);
  detail::scheduler& core() const noexcept;

 private:
  loop& loop_;
  std::vector<std::reference_wrapper<backend>> backends_;
  chooser chooser_;
  std::vector<std::string> unknown_;  // names already reported
};

}  // namespace crossfade
