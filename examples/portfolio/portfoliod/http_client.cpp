#include "portfoliod/http_client.hpp"

#include "compat/loop.hpp"
#include "compat/task_group.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>

namespace portfoliod {

namespace xf = crossfade;
using namespace std::chrono_literals;
using nlohmann::json;
using xf::task;

http_client::http_client(xf::loop& loop, xf::subsystem& system, std::string exchange)
    : exchange_(std::move(exchange)), client_(loop, {.total_timeout = 10s}), system_(system) {}

task<quotes_by_asset> http_client::quotes(std::vector<std::string> assets) {
  auto ask = [this](std::vector<std::string> owned) -> task<quotes_by_asset> {
    co_return co_await ask_for_all(owned);
  };
  auto asking = system_.spawn({.name = "quotes"}, ask, std::move(assets));
  co_return co_await asking.join();
}

// One call an asset, side by side: one that the exchange does not know does not spoil the others.
task<quotes_by_asset> http_client::ask_for_all(const std::vector<std::string>& assets) {
  quotes_by_asset found;
  auto side_by_side = [&](xf::task_group& group) {
    for (const std::string& asset : assets) {
      group.spawn({.name = "quote of " + asset}, [&] { return ask(asset, found); });
    }
  };
  co_await xf::with_task_group(side_by_side);
  co_return found;
}

task<> http_client::ask(const std::string& asset, quotes_by_asset& found) {
  const xf::http::call call{.url = exchange_ + "/prices?assets=" + asset +
                                   "&currency=" + std::string(currency)};
  const xf::http::response response = co_await client_.send(call);
  if (response.status == 404) co_return;
  if (response.status != 200) {
    throw std::runtime_error(call.url + ": answered with status " +
                             std::to_string(response.status) + "; expected 200");
  }
  const json body = json::parse(response.body);
  found[asset] = {
      .price = portfolio::decimal::parse(body.at("prices").at(asset).get<std::string>()),
      .at = std::chrono::sys_seconds(std::chrono::seconds(body.at("at").get<std::int64_t>())),
      .source = "simexch"};
}

}  // namespace portfoliod
