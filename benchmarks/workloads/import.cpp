#include "portfoliod/import.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/shipped_trades.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "benchmarks/workloads/trade_store.hpp"

namespace crossfade::workloads {
namespace {

class csv_import final : public ab::workload {
 public:
  csv_import(backend& on, std::size_t trades) : on_(on), rows_(first_trades(trades)) {}

  task<> set_up() override {
    auto store = std::make_unique<trade_store>(on_);
    co_await store->open();
    store_ = std::move(store);
  }

  task<> operate(ab::caller /*by*/) override {
    const std::string csv = marked_trades(rows_, std::to_string(operations_++) + '-');
    const portfoliod::import_report report = co_await import_csv(store_->database(), csv);
    require_equal("trades imported", report.counts.imported, rows_.size() - 1);
    require_equal("trades rejected", report.rejected.size(), 0);
    imported_ += report.counts.imported;
  }

  task<> tear_down() override {
    if (store_ == nullptr) co_return;
    const std::size_t found = co_await store_->database().count_trades();
    co_await store_->close();
    store_.reset();
    require_equal("trades in the database", found, imported_);
  }

 private:
  backend& on_;
  const std::vector<std::string_view> rows_;  // the header first
  std::size_t operations_ = 0;
  std::size_t imported_ = 0;
  std::unique_ptr<trade_store> store_;
};

}  // namespace

void add_import(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t trades) {
    to.add<csv_import>({.name = name, .description = description, .things = trades, .thing = "row"},
                       trades);
  };
  add("csv_import/small", "the reference service imports 50 trades", 50);
  add("csv_import/large", "the reference service imports 1,000 trades", 1'000);
}

}  // namespace crossfade::workloads
