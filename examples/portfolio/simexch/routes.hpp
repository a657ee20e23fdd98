#pragma once

#include "simexch/market.hpp"

#include "compat/http/router.hpp"

#include <chrono>
#include <functional>

namespace simexch {

/// Tells the time of a request.
using wall_clock = std::function<std::chrono::sys_seconds()>;

/// What the exchange answers, as JSON:
///
///     GET /ping                                 true
///     GET /prices?assets=BTC,ETH&currency=EUR   {"currency":"EUR","at":1764000000,
///                                                "prices":{"BTC":"94012.3","ETH":"3100.05"}}
///
/// Without `assets`: all that are traded. An asset or currency that is not is named in
/// `{"error":"..."}` with 404.
crossfade::http::router routes(market market, wall_clock now);

}  // namespace simexch
