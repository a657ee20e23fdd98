#include "tool/attach.hpp"

#include "tool/exposition.hpp"
#include "tool/live_comparison.hpp"
#include "tool/table.hpp"

#include "benchmarks/ab/report_file.hpp"
#include "compat/http/client.hpp"
#include "compat/loop.hpp"
#include "compat/signals.hpp"
#include "compat/task.hpp"
#include "compat/timeout.hpp"
#include "coro_backend/backend.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

/// What came of looking.
struct watched_service {
  std::vector<live_result> found;
  std::vector<std::string> notes;
};

std::string metrics_url(const std::string& url) {
  if (!url.starts_with("http://")) {
    throw std::invalid_argument("--attach: is \"" + url + "\"; expected http://HOST:PORT");
  }
  const std::string base = url.substr(0, url.find_last_not_of('/') + 1);
  return base.ends_with("/metrics") ? base : base + "/metrics";
}

double seconds(duration of) { return std::chrono::duration<double>(of).count(); }

/// Three digits that count, as in "12.3 ms".
std::string time_text(double of) {
  static constexpr std::array<std::pair<double, const char*>, 3> units{
      {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}}};
  const auto* unit = &units.back();
  for (const auto& each : units) {
    if (of < each.first) continue;
    unit = &each;
    break;
  }
  const double number = of / unit->first;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s",
                number < 10    ? 2
                : number < 100 ? 1
                               : 0,
                number, unit->second);
  return text.data();
}

std::string ratio_text(const statistics::interval& of) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%.3f times (%.3f to %.3f)", of.estimate, of.low,
                of.high);
  return text.data();
}

std::string share_text(const statistics::interval& of) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%+.3f %% of them (%+.3f to %+.3f)", 100 * of.estimate,
                100 * of.low, 100 * of.high);
  return text.data();
}

std::string count_text(double of) { return std::to_string(static_cast<long long>(of)); }

/// Asks the service, again and again.
class watching {
 public:
  explicit watching(const attachment& how)
      : how_(how), url_(metrics_url(how.url)), comparison_(how.subsystem) {}

  watched_service run() {
    loop loop;
    coro_backend::backend coro{loop};
    loop.run(coro, [&] { return watch(loop); });
    watched_service seen{comparison_.judge(how_.by), notes_};
    if (const std::size_t times = comparison_.restarts(); times > 0) {
      seen.notes.push_back("the service began anew, " + std::to_string(times) +
                           (times == 1 ? " time" : " times") +
                           ": its counters went back; those intervals are left out");
    }
    if (unanswered_ > 0) {
      seen.notes.push_back(std::to_string(unanswered_) + " of " + std::to_string(asked_) +
                           " times it did not answer: " + last_error_);
    }
    return seen;
  }

 private:
  task<> watch(loop& on) {
    http::client client(on, {.total_timeout = std::chrono::seconds(10)});
    signal_set signals(on, {SIGINT, SIGTERM});
    const time_point began = on.now();
    // A service that is not there, or has none of it, is told at once.
    co_await look(client);
    for (time_point next = began + how_.interval; next <= began + how_.length;
         next += how_.interval) {
      const bool ended = co_await signalled_until(signals, next - on.now());
      if (ended) {
        notes_.push_back("ended early, on a signal");
        co_return;
      }
      co_await look_again(client);
    }
  }

  static task<bool> signalled_until(signal_set& signals, duration length) {
    auto wait = [&]() -> task<> { co_await signals.wait(); };
    try {
      co_await with_timeout(length, wait);
      co_return true;
    } catch (const timeout_error&) {
      co_return false;
    }
  }

  task<> look(http::client& client) {
    ++asked_;
    const http::response answer = co_await client.get(url_);
    if (answer.status != 200) {
      throw std::runtime_error(url_ + ": answers " + std::to_string(answer.status) +
                               "; expected 200, with metrics in Prometheus's text format");
    }
    try {
      comparison_.observe(parse_exposition(answer.body));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(url_ + ": " + error.what());
    }
  }

  /// While a service starts again it may not answer.
  task<> look_again(http::client& client) {
    try {
      co_await look(client);
    } catch (const std::runtime_error& error) {
      ++unanswered_;
      last_error_ = error.what();
    }
  }

  const attachment& how_;
  const std::string url_;
  live_comparison comparison_;
  std::vector<std::string> notes_;
  std::size_t asked_ = 0;
  std::size_t unanswered_ = 0;
  std::string last_error_;
};

row row_of(const char* name, const served& side) {
  const bool has_times = side.ok.count > 0;
  const auto quantile = [&](double share) {
    return has_times ? time_text(side.ok.quantile(share)) : "-";
  };
  return {name,
          count_text(side.ended()),
          count_text(side.failed),
          has_times ? time_text(side.ok.sum / side.ok.count) : "-",
          quantile(0.5),
          quantile(0.99)};
}

std::string failures_verdict(const live_result& of) {
  if (of.more_failures->low > 0) return "coro fails more often: ";
  if (of.more_failures->high < 0) return "coro fails less often: ";
  return "no difference in failures told: ";
}

std::string time_verdict(const live_result& of) {
  const ab::verdict& found = *of.time;
  std::string text = found.kind == ab::outcome::same
                         ? "coro is the same"
                         : "coro is " + std::string(to_string(found.kind));
  if (found.more_runs > 0) {
    text += ", " + std::to_string(found.more_runs) + " more intervals needed";
  }
  return text + ": mean time " + ratio_text(found.ratio) + ", by " + std::to_string(of.intervals) +
         " intervals";
}

void print_result(const live_result& of) {
  if (!of.time) {
    std::cout << of.subsystem << ": " << of.obstacle() << '\n';
  } else {
    std::cout << of.subsystem << ": " << time_verdict(of) << '\n';
  }
  if (of.fiber.ended() + of.coro.ended() == 0) return;
  print_table(std::cout, {{"  SIDE", "TASKS", "FAILED", "MEAN", "P50", "P99"},
                          row_of("  fiber", of.fiber),
                          row_of("  coro", of.coro)});
  if (of.more_failures) {
    std::cout << "  " << failures_verdict(of) << share_text(*of.more_failures) << '\n';
  }
}

json to_json(const statistics::interval& of) {
  return {{"low", of.low}, {"estimate", of.estimate}, {"high", of.high}};
}

json to_json(const served& side) {
  json told{{"tasks", side.ended()}, {"failed", side.failed}};
  if (side.ok.count > 0) {
    told["mean_seconds"] = side.ok.sum / side.ok.count;
    told["p50_seconds"] = side.ok.quantile(0.5);
    told["p99_seconds"] = side.ok.quantile(0.99);
  }
  return told;
}

json to_json(const live_result& of) {
  json told{{"subsystem", of.subsystem},
            {"fiber", to_json(of.fiber)},
            {"coro", to_json(of.coro)},
            {"intervals", of.intervals}};
  if (of.time) {
    told["verdict"] = to_string(of.time->kind);
    told["ratio"] = to_json(of.time->ratio);
    told["p"] = of.time->p;
    told["more_intervals"] = of.time->more_runs;
  } else {
    told["nothing_to_compare"] = of.obstacle();
  }
  if (of.more_failures) told["more_failures"] = to_json(*of.more_failures);
  return told;
}

json to_json(const attachment& how, const watched_service& seen) {
  json told{{"url", how.url},
            {"interval_seconds", seconds(how.interval)},
            {"effect", how.by.effect},
            {"confidence", how.by.confidence},
            {"subsystems", json::array()},
            {"notes", seen.notes}};
  for (const live_result& each : seen.found) told["subsystems"].push_back(to_json(each));
  return told;
}

}  // namespace

status attach(const attachment& how) {
  std::optional<ab::report_file> file;
  if (!how.json.empty()) file.emplace(how.json);
  watching service(how);
  const watched_service seen = service.run();
  for (const live_result& each : seen.found) print_result(each);
  for (const std::string& note : seen.notes) std::cout << "note: " << note << '\n';
  if (file) file->write(to_json(how, seen).dump(2) + '\n');
  const auto compared = [](const live_result& each) { return each.time.has_value(); };
  if (std::ranges::any_of(seen.found, &live_result::is_worse)) return status::refused;
  return std::ranges::any_of(seen.found, compared) ? status::ok : status::failed;
}

}  // namespace crossfade::tool
