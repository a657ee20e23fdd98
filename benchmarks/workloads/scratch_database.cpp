#include "benchmarks/workloads/scratch_database.hpp"

#include "coro_backend/sqlite_driver.hpp"
#include "fiber_backend/sqlite_driver.hpp"

namespace crossfade::workloads {

task<std::unique_ptr<scratch_database>> scratch_database::open(const backend& side,
                                                               std::size_t readers,
                                                               std::string_view script) {
  const fiber_backend::sqlite_driver fiber;
  const coro_backend::sqlite_driver coro;
  const bool on_fiber = side.name() == fiber.name();
  const sqlite::driver& how = on_fiber ? static_cast<const sqlite::driver&>(fiber) : coro;
  sqlite::pool_options options{.readers = readers};
  options.prepare = [](sqlite::connection& db) -> task<> {
    co_await db.execute_script("PRAGMA synchronous = OFF");
  };

  std::unique_ptr<scratch_database> made(new scratch_database);
  made->pool_ = co_await sqlite::open_pool(how, made->folder_.file("workload.db"), options);
  auto fill = [script](sqlite::connection& db) -> task<> { co_await db.execute_script(script); };
  co_await sqlite::with_transaction(made->pool(), fill);
  co_return made;
}

}  // namespace crossfade::workloads
