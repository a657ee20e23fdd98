#include "simexch/routes.hpp"

#include <nlohmann/json.hpp>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simexch {
namespace {

namespace http = crossfade::http;
using nlohmann::json;

http::response answer(const json& body, unsigned status = 200) {
  // A name that was asked for may be anything, also no UTF-8.
  std::string text = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(text)};
}

http::response not_traded(std::string_view what, std::string_view name) {
  std::string message = "there is no " + std::string(what) + " \"" + std::string(name) + '"';
  return answer({{"error", message}}, 404);
}

http::response prices(const market& market, std::chrono::sys_seconds at, const http::request& r) {
  const std::string* currency = r.query_value("currency");
  if (currency && *currency != market::currency) return not_traded("currency", *currency);

  std::vector<std::string_view> wanted = market::assets();
  if (const std::string* assets = r.query_value("assets")) {
    wanted.clear();
    for (const auto name : std::views::split(*assets, ',')) {
      wanted.emplace_back(name.begin(), name.end());
    }
  }
  json found = json::object();
  for (const std::string_view asset : wanted) {
    const auto price = market.price(asset, at);
    if (!price) return not_traded("asset", asset);
    found[std::string(asset)] = price->to_string();
  }
  return answer({{"currency", market::currency},
                 {"at", at.time_since_epoch().count()},
                 {"prices", std::move(found)}});
}

}  // namespace

http::router routes(market market, wall_clock now) {
  http::router router;
  router.on("GET", "/ping", [](const http::request&) { return answer(true); });
  router.on("GET", "/prices", [market, now = std::move(now)](const http::request& r) {
    return prices(market, now(), r);
  });
  return router;
}

}  // namespace simexch
