#pragma once

#include <memory>
#include <nlohmann/json.hpp>

namespace conformance {

/// Runs a scenario of the model "gevent" on `fiber_backend`, in virtual time, and gives its trace.
/// Throws: `scenario_error`.
nlohmann::json run_gevent(const nlohmann::json& scenario);

}  // namespace conformance
