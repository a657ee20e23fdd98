#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/scratch_database.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "compat/handle.hpp"
#include "compat/sleep.hpp"
#include "compat/spawn.hpp"
#include "compat/sqlite/pool.hpp"

namespace crossfade::workloads {
namespace {

constexpr auto period = std::chrono::microseconds(200);
constexpr std::int64_t counted = 300'000;
// Some ten milliseconds, all of them in SQLite's virtual machine.
constexpr auto count_them =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) "
    "SELECT count(*) FROM n";

// A task that ticks beside queries, which are always there: how late it is, is what they do to all
// others on the loop.
class ticker_beside_queries final : public ab::workload {
 public:
  ticker_beside_queries(backend& on, std::size_t queries) : on_(on), queries_(queries) {}

  task<> set_up() override {
    database_ = co_await scratch_database::open(on_, queries_, "");
    for (std::size_t n = 0; n < queries_; ++n) {
      running_.push_back(spawn({.name = "heavy query"}, [this] { return query_for_ever(); }));
    }
  }

  task<> operate(ab::caller /*by*/) override {
    for (const handle<>& query : running_) {
      if (query.done()) throw std::runtime_error("a query beside the ticker has failed");
    }
    co_await sleep(period);
  }

  task<> tear_down() override {
    for (handle<>& query : running_) query.cancel("the workload has ended");
    for (handle<>& query : running_) co_await ended(query);
    running_.clear();
    database_.reset();
  }

 private:
  task<> query_for_ever() {
    for (;;) {
      const auto rows = co_await database_->pool().query_as<std::tuple<std::int64_t>>(count_them);
      require_equal("rows counted", static_cast<std::uint64_t>(std::get<0>(rows.at(0))), counted);
    }
  }

  static task<> ended(handle<>& query) {
    try {
      co_await query.join();
    } catch (const task_cancelled&) {
    }
  }

  backend& on_;
  const std::size_t queries_;
  std::unique_ptr<scratch_database> database_;
  std::vector<handle<>> running_;
};

}  // namespace

void add_ticker(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t queries) {
    to.add<ticker_beside_queries>({.name = name, .description = description, .thing = "tick"},
                                  queries);
  };
  add("query_beside_ticker/small", "sleep for 200 us while a heavy query runs", 1);
  add("query_beside_ticker/large", "sleep for 200 us while 4 heavy queries run", 4);
}

}  // namespace crossfade::workloads
