#include "portfoliod/database.hpp"

#include "portfoliod/account.hpp"
#include "portfoliod/switch_log.hpp"

#include <spdlog/spdlog.h>

namespace portfoliod {

namespace xf = crossfade;
using portfolio::by_asset;
using xf::task;

namespace {

constexpr std::size_t readers = 2;

task<> close_pool(database::pool& idle) {
  for (const std::string& left : co_await idle.close())
    spdlog::warn("database: {} still uses a connection of what is closed", left);
}

}  // namespace

database::database(xf::subsystem& system, std::string file,
                   xf::switched<pool>::wanted_function wanted)
    : file_(std::move(file)),
      pool_(
          system,
          {.prepare = [this](const xf::backend& on) { return connect(on); }, .close = &close_pool},
          std::move(wanted), {.on_event = log_switch}),
      shadow_(system) {}

task<import_counts> database::add(std::vector<portfolio::trade> trades) {
  auto work = pool_.spawn({.name = "add trades", .targeting_key = *for_account}, storage::add,
                          std::move(trades));
  co_return co_await work.join();
}

task<std::size_t> database::count_trades() {
  co_return co_await shadow_.call(pool_, {.name = "count trades", .targeting_key = *for_account},
                                  storage::count_trades);
}

task<by_asset> database::held() {
  co_return co_await shadow_.call(pool_, {.name = "held", .targeting_key = *for_account},
                                  storage::held);
}

task<> database::set_quotes(quotes_by_asset quotes) {
  auto work = pool_.spawn({.name = "set quotes", .targeting_key = *for_account},
                          storage::set_quotes, std::move(quotes));
  co_await work.join();
}

task<quotes_by_asset> database::quotes() {
  co_return co_await shadow_.call(pool_, {.name = "quotes", .targeting_key = *for_account},
                                  storage::quotes);
}

task<> database::open() {
  co_await pool_.open();
  spdlog::info("database: {} is open, with the {} driver", file_, driver());
}

task<std::unique_ptr<database::pool>> database::connect(const xf::backend& on) const {
  const bool fiber = on.name() == fiber_.name();
  const auto& driver = fiber ? static_cast<const xf::sqlite::driver&>(fiber_) : coro_;
  std::unique_ptr<pool> made = co_await xf::sqlite::open_pool(driver, file_, {.readers = readers});
  co_await storage::prepare(*made);
  co_return made;
}

task<> database::close() {
  co_await shadow_.stop();
  auto check = pool_.spawn({.name = "check integrity"}, storage::check_integrity);
  const std::string integrity = co_await check.join();
  spdlog::log(integrity == "ok" ? spdlog::level::info : spdlog::level::err,
              "database: integrity_check: {}", integrity);
  co_await pool_.close();
}

}  // namespace portfoliod
