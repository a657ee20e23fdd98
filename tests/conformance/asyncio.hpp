#pragma once

#include <nlohmann/json.hpp>

namespace conformance {

/// Runs a scenario of the model "asyncio" on `coro_backend`, in virtual time, and gives its trace.
/// Throws: `scenario_error`.
nlohmann::json run_asyncio(const nlohmann::json& scenario);

}  // namespace conformance
