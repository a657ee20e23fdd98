#include "portfoliod/database.hpp"

#include "compat/loop.hpp"
#include "compat/timeout.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace portfoliod {

namespace xf = crossfade;
using namespace std::chrono_literals;
using portfolio::by_asset;
using xf::task;

namespace {

/// For how long what has begun may keep a connection that is to be closed.
constexpr xf::duration drain_time = 10s;

}  // namespace

database::database(xf::loop& loop, xf::subsystem& system, std::string file)
    : file_(std::move(file)), loop_(loop), system_(system) {}

// A root task that calls `work(connection, arguments...)`, and owns the arguments: who waits for it
// may leave. It takes the connection when it runs, so what is queued already goes to the new one.
template <class F, class... A>
auto database::spawn(std::string_view name, F work, A... arguments) {
  auto run = [this, work](A... owned) -> std::invoke_result_t<F, connection&, A&...> {
    const std::shared_ptr<connection> current = connection_;
    co_return co_await work(*current, owned...);
  };
  return system_.spawn({.name = name}, std::move(run), std::move(arguments)...);
}

task<import_counts> database::add(std::vector<portfolio::trade> trades) {
  auto work = spawn("add trades", storage::add, std::move(trades));
  co_return co_await work.join();
}

task<std::size_t> database::count_trades() {
  auto work = spawn("count trades", storage::count_trades);
  co_return co_await work.join();
}

task<by_asset> database::held() {
  auto work = spawn("held", storage::held);
  co_return co_await work.join();
}

task<> database::set_quotes(quotes_by_asset quotes) {
  auto work = spawn("set quotes", storage::set_quotes, std::move(quotes));
  co_await work.join();
}

task<quotes_by_asset> database::quotes() {
  auto work = spawn("quotes", storage::quotes);
  co_return co_await work.join();
}

task<> database::open() {
  auto first = [this]() -> task<> {
    const xf::lock::guard guard = co_await switching_.acquire();
    driver_ = &chosen_driver();
    connection_ = co_await connect(*driver_);
  };
  auto opening = system_.spawn({.name = "open"}, first);
  co_await opening.join();
  spdlog::info("database: {} is open, with the {} driver", file_, driver());
}

const xf::sqlite::driver& database::chosen_driver() const {
  const bool fiber = system_.chosen().name() == fiber_.name();
  return fiber ? static_cast<const xf::sqlite::driver&>(fiber_) : coro_;
}

task<std::shared_ptr<database::connection>> database::connect(const xf::sqlite::driver& driver) {
  std::shared_ptr<connection> made = co_await xf::sqlite::open(driver, file_);
  co_await storage::prepare(*made);
  co_return made;
}

void database::follow_flag() {
  system_.spawn({.name = "follow the flag"}, [this] { return switch_driver(); }).detach();
}

task<> database::switch_driver() {
  const xf::lock::guard one_at_a_time = co_await switching_.acquire();
  const xf::sqlite::driver& wanted = chosen_driver();
  if (closing_ || &wanted == driver_) co_return;

  std::shared_ptr<connection> prepared;
  try {
    prepared = co_await connect(wanted);
  } catch (const std::exception& error) {
    spdlog::error("database: stays with the {} driver, since the {} driver cannot open {}: {}",
                  driver(), wanted.name(), file_, error.what());
    co_return;
  }
  const std::shared_ptr<connection> old = std::exchange(connection_, std::move(prepared));
  const std::string_view old_driver = std::exchange(driver_, &wanted)->name();
  spdlog::info("database: new work goes to the {} driver", driver());
  co_await drain(*old, old_driver);
}

// Closing waits in the connection's queue behind all who have begun. Those who take longer than
// they may are not cut off: they share the connection, and the last one closes it.
task<> database::drain(connection& old, std::string_view driver) {
  auto close = [&old]() -> task<> { co_await old.close(); };
  try {
    co_await xf::with_timeout(drain_time, close);
    spdlog::info("database: the {} driver's connection is closed", driver);
    co_return;
  } catch (const xf::timeout_error&) {
    spdlog::warn("database: the {} driver's connection is still in use by:", driver);
  }
  for (const xf::task_info& t : loop_.tasks()) {
    if (t.subsystem != system_.name() || t.backend != driver) continue;
    spdlog::warn("database:   task {} '{}', which waits for {}", t.id, t.name, t.waiting_for);
  }
}

task<> database::close() {
  closing_ = true;
  const xf::lock::guard no_switch = co_await switching_.acquire();
  auto check = spawn("check integrity", storage::check_integrity);
  const std::string integrity = co_await check.join();
  spdlog::log(integrity == "ok" ? spdlog::level::info : spdlog::level::err,
              "database: integrity_check: {}", integrity);
  co_await drain(*connection_, driver());
}

}  // namespace portfoliod
