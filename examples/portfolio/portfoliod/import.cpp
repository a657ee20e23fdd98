#include "portfoliod/import.hpp"

#include "portfoliod/database.hpp"

#include "domain/trade_reader.hpp"

#include "compat/to_thread.hpp"

#include <utility>
#include <variant>

namespace portfoliod {

crossfade::task<import_report> import_csv(database& db, std::string_view csv) {
  import_report report;
  std::vector<portfolio::trade> trades;
  auto read = [&] {
    portfolio::trade_reader reader(csv);
    while (auto row = reader.next()) {
      if (auto* good = std::get_if<portfolio::trade>(&*row)) {
        trades.push_back(std::move(*good));
      } else {
        report.rejected.push_back(std::get<portfolio::rejection>(std::move(*row)));
      }
    }
  };
  // A large file would keep the loop.
  co_await crossfade::to_thread(read);
  report.counts = co_await db.add(std::move(trades));
  co_return report;
}

}  // namespace portfoliod
