#include "portfoliod/http_api.hpp"

#include "portfoliod/account.hpp"
#include "portfoliod/database.hpp"
#include "portfoliod/http_client.hpp"
#include "portfoliod/import.hpp"
#include "portfoliod/metrics.hpp"
#include "portfoliod/observer.hpp"
#include "portfoliod/page.hpp"
#include "portfoliod/seconds.hpp"

#include "domain/trade_reader.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portfoliod {

namespace chrono = std::chrono;
namespace http = crossfade::http;
using crossfade::task;
using nlohmann::json;

namespace {

http::response enveloped(const answer& a) {
  const json envelope{{"result", a.result}, {"message", a.message}};
  // What comes from outside, such as the name of a task, need not be UTF-8.
  return {.status = a.status,
          .headers = {{"Content-Type", "application/json"}},
          .body = envelope.dump(-1, ' ', false, json::error_handler_t::replace)};
}

answer refused(unsigned status, const std::string& why) {
  return {.result = nullptr, .message = why, .status = status};
}

answer no_such_task(const http::request& r) {
  return {.result = {{"status", "not-found"}},
          .message = "there is no task " + r.parameter("id"),
          .status = 404};
}

// 0, which no task has, for what is no number.
tasks::id task_id(const http::request& r) {
  const std::string& text = r.parameter("id");
  tasks::id number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// Whom a request is for, as it says itself; empty if it does not.
std::string_view account_of(const http::request& r) {
  const std::string* account = r.headers.find("X-Account");
  return account != nullptr ? std::string_view(*account) : std::string_view();
}

template <class Clock, class Duration>
std::int64_t unix_seconds(chrono::time_point<Clock, Duration> time) {
  return chrono::floor<chrono::seconds>(time.time_since_epoch()).count();
}

json to_json(const std::vector<crossfade::side_status>& sides) {
  json all = json::array();
  for (const crossfade::side_status& side : sides) {
    all.push_back({{"backend", side.backend},
                   {"phase", crossfade::to_string(side.now)},
                   {"uses", side.uses},
                   {"seconds", seconds(side.since)}});
  }
  return all;
}

json to_json(const crossfade::shadow& repeats) {
  json differences = json::array();
  for (const crossfade::shadow_difference& each : repeats.differences()) {
    differences.push_back({{"call", each.call},
                           {"served", each.served},
                           {"repeated", each.repeated},
                           {"served_seconds", seconds(each.served_in)},
                           {"repeated_seconds", seconds(each.repeated_in)},
                           {"at", unix_seconds(each.at)}});
  }
  const crossfade::shadow_counters& counters = repeats.counters();
  return {{"equal", counters.equal},
          {"different", counters.different},
          {"late", counters.late},
          {"over_budget", counters.over_budget},
          {"served_seconds", seconds(counters.served_in)},
          {"repeated_seconds", seconds(counters.repeated_in)},
          {"differences", std::move(differences)}};
}

json text_or_null(const std::optional<portfolio::decimal>& number) {
  return number ? json(number->to_string()) : json();
}

}  // namespace

http::handler http_api::handler() {
  auto answer_all = [router = routes()](http::request& r) -> task<http::response> {
    for_account.set(std::string(account_of(r)));
    http::response given;
    try {
      given = co_await router(r);
    } catch (const std::exception& error) {
      spdlog::error("http_api: {} {}: {}", r.method, r.path, error.what());
      co_return enveloped(refused(500, error.what()));
    }
    // The router's own refusals, of a path or a method, are lines of text.
    const std::string* type = given.headers.find("Content-Type");
    if (given.status >= 400 && type != nullptr && type->starts_with("text/plain")) {
      const std::string line = given.body.substr(0, given.body.find('\n'));
      given.body = enveloped(refused(given.status, r.method + ' ' + r.path + ": " + line)).body;
      given.headers.set("Content-Type", "application/json");
    }
    co_return given;
  };
  return http::spawned_in(system_, std::move(answer_all), account_of);
}

http::router http_api::routes() {
  http::router to;
  to.on("GET", "/", [](const http::request&) -> http::response {
    return {.headers = {{"Content-Type", "text/html; charset=utf-8"}}, .body = std::string(page)};
  });

  auto ping = [](const request&) -> task<answer> { co_return answer{.result = true}; };
  to.on("GET", "/api/1/ping", answered_by(ping));
  to.on("GET", "/api/1/info", answered_by([this](const request&) { return info(); }));
  to.on("POST", "/api/1/import/csv", answered_by([this](const request& r) { return import(r); }));
  to.on("GET", "/api/1/balances", answered_by([this](const request&) { return balances(); }));
  to.on("GET", "/api/1/prices", answered_by([this](const request&) { return prices(); }));

  to.on("GET", "/api/1/tasks", [this](const request&) { return enveloped(list_tasks()); });
  to.on("GET", "/api/1/tasks/{id}", [this](const request& r) -> task<http::response> {
    co_return enveloped(co_await take_task(r));
  });
  to.on("DELETE", "/api/1/tasks/{id}",
        [this](const request& r) { return enveloped(delete_task(r)); });

  to.on("GET", "/api/1/concurrency",
        [this](const request&) { return enveloped({.result = observer_.concurrency()}); });
  to.on("GET", "/api/1/flags",
        [this](const request& r) { return enveloped({.result = observer_.flags(account_of(r))}); });
  to.on("GET", "/metrics", [this](const request&) -> http::response {
    return {.headers = {{"Content-Type", std::string(metrics_type)}},
            .body = metrics_text(observer_)};
  });
  return to;
}

http::handler http_api::answered_by(query q) {
  return [this, q = std::move(q)](request& r) -> task<http::response> {
    const std::string* is_async = r.query_value("async_query");
    if (is_async == nullptr || *is_async != "true") co_return enveloped(co_await q(r));
    const std::string name = r.method + ' ' + r.path;
    // It will run when the request is no more.
    auto ask = [q, own = std::move(r)] { return q(own); };
    const tasks::id started = tasks_.start(name, *for_account, std::move(ask));
    co_return enveloped({.result = {{"task_id", started}}});
  };
}

task<answer> http_api::info() const {
  const std::size_t trades = co_await database_.count_trades();
  const auto uptime = chrono::system_clock::now() - started_at_;
  co_return answer{
      .result = {{"version", PORTFOLIO_VERSION},
                 {"started_at", unix_seconds(started_at_)},
                 {"uptime_seconds", chrono::duration<double>(uptime).count()},
                 {"database",
                  {{"path", database_.file()},
                   {"driver", database_.driver()},
                   {"sides", to_json(database_.sides())},
                   {"repeats", to_json(database_.repeats())},
                   {"trades", trades}}},
                 {"simexch", client_.exchange().empty() ? json() : json(client_.exchange())}}};
}

task<answer> http_api::import(const request& r) const {
  try {
    const import_report report = co_await import_csv(database_, r.body);
    json rejected = json::array();
    for (const auto& [line, reason] : report.rejected) {
      rejected.push_back({{"line", line}, {"reason", reason}});
    }
    co_return answer{.result = {{"imported", report.counts.imported},
                                {"already_present", report.counts.already_present},
                                {"rejected", std::move(rejected)}}};
  } catch (const portfolio::bad_header& error) {
    co_return refused(400, error.what());
  } catch (const std::overflow_error& error) {
    co_return refused(400, error.what());
  }
}

task<answer> http_api::balances() const {
  const portfolio::by_asset held = co_await database_.held();
  portfolio::by_asset prices;
  for (const auto& [asset, quote] : co_await database_.quotes()) prices[asset] = quote.price;

  const portfolio::balances joined = portfolio::join(held, prices);
  json assets = json::array();
  for (const portfolio::balance& row : joined.assets) {
    assets.push_back({{"asset", row.asset},
                      {"amount", row.amount.to_string()},
                      {"price", text_or_null(row.price)},
                      {"value", text_or_null(row.value)}});
  }
  co_return answer{.result = {{"assets", std::move(assets)},
                              {"total", joined.total.to_string()},
                              {"currency", http_client::currency}}};
}

task<answer> http_api::prices() const {
  json found = json::object();
  for (const auto& [asset, quote] : co_await database_.quotes()) {
    found[asset] = {{"price", quote.price.to_string()},
                    {"at", unix_seconds(quote.at)},
                    {"source", quote.source}};
  }
  co_return answer{.result = std::move(found)};
}

answer http_api::list_tasks() const {
  return {.result = {{"pending", tasks_.list(false)}, {"completed", tasks_.list(true)}}};
}

task<answer> http_api::take_task(const request& r) {
  const tasks::id id = task_id(r);
  if (!tasks_.has(id)) co_return no_such_task(r);
  const std::optional<answer> outcome = co_await tasks_.take(id);
  if (!outcome) co_return answer{.result = {{"status", "pending"}}};
  co_return answer{
      .result = {{"status", "completed"},
                 {"outcome", {{"result", outcome->result}, {"message", outcome->message}}},
                 {"status_code", outcome->status}}};
}

answer http_api::delete_task(const request& r) {
  return tasks_.remove(task_id(r)) ? answer{.result = true} : no_such_task(r);
}

}  // namespace portfoliod
