#include "simexch/routes.hpp"

#include "compat/loop.hpp"
#include "coro_backend/backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace simexch {
namespace {

using crossfade::task;
namespace http = crossfade::http;
using nlohmann::json;

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'700'000'000)};

// The status and what the body says.
struct reply {
  unsigned status;
  json body;
};

reply get(const std::string& segment, std::vector<http::field> query = {}) {
  crossfade::loop loop;
  crossfade::coro_backend::backend coro(loop);
  const http::router router = routes(market(1), [] { return now; });
  http::request request;
  request.method = "GET";
  request.path = '/' + segment;
  request.segments = {segment};
  request.query = std::move(query);
  const http::response response =
      loop.run(coro, [&]() -> task<http::response> { co_return co_await router(request); });
  return {response.status, json::parse(response.body)};
}

std::string price_of(const char* asset) { return market(1).price(asset, now)->to_string(); }

TEST(RoutesTest, AnswersAPing) {
  const auto [status, body] = get("ping");
  EXPECT_EQ(status, 200U);
  EXPECT_EQ(body, true);
}

TEST(RoutesTest, GivesThePricesAskedFor) {
  const auto [status, body] = get("prices", {{"assets", "BTC,ETH"}, {"currency", "EUR"}});
  EXPECT_EQ(status, 200U);
  EXPECT_EQ(body, json({{"currency", "EUR"},
                        {"at", 1'700'000'000},
                        {"prices", {{"BTC", price_of("BTC")}, {"ETH", price_of("ETH")}}}}));
}

TEST(RoutesTest, GivesAllPricesToWhoDoesNotChoose) {
  const auto [status, body] = get("prices");
  EXPECT_EQ(status, 200U);
  EXPECT_EQ(body["prices"].size(), market::assets().size());
  EXPECT_EQ(body["prices"]["EUR"], "1");
}

TEST(RoutesTest, NamesWhatIsNotTraded) {
  const auto [status, body] = get("prices", {{"assets", "BTC,NOPE"}});
  EXPECT_EQ(status, 404U);
  EXPECT_EQ(body, json({{"error", "there is no asset \"NOPE\""}}));
  EXPECT_EQ(get("prices", {{"assets", "BTC,"}}).status, 404U);
  EXPECT_EQ(get("prices", {{"assets", "\xFF"}}).body["error"], "there is no asset \"\uFFFD\"");
  const auto refused = get("prices", {{"currency", "USD"}});
  EXPECT_EQ(refused.status, 404U);
  EXPECT_EQ(refused.body, json({{"error", "there is no currency \"USD\""}}));
}

}  // namespace
}  // namespace simexch
