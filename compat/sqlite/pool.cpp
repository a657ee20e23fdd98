#include "compat/sqlite/pool.hpp"

#include <iterator>

#include "compat/errors.hpp"
#include "compat/timeout.hpp"

namespace crossfade::sqlite {

task<std::unique_ptr<pool>> open_pool(const driver& how, std::string_view path,
                                      pool_options options) {
  if (options.readers == 0) throw usage_error("open_pool: 0 readers; expected at least 1");
  if (path.empty() || path == ":memory:") {
    throw usage_error("open_pool: \"" + std::string(path) +
                      "\" is a database of one connection; expected a file, or open()");
  }
  std::unique_ptr<pool> made(new pool);
  for (std::size_t i = 0; i <= options.readers; ++i) {
    const bool writes = i == 0;  // first: a connection that only reads makes no file
    connection_options each = options.connection;
    each.read_only = each.read_only || !writes;
    std::unique_ptr<connection> db = co_await open(how, path, each);
    if (options.prepare) co_await options.prepare(*db);
    (writes ? made->writer_ : made->readers_).add(std::move(db));
  }
  co_return made;
}

task<bool> pool::all_back(duration within) {
  auto wait = [this]() -> task<> {
    co_await writer_.all_back().wait();
    co_await readers_.all_back().wait();
  };
  try {
    co_await with_timeout(within, wait);
  } catch (const timeout_error&) {
    co_return false;
  }
  co_return true;
}

task<std::vector<std::string>> pool::close(duration grace) {
  writer_.refuse();
  readers_.refuse();
  bool done = co_await all_back(grace);
  // Again and again: SQLite forgets an interrupt that comes just before a statement.
  constexpr int interrupts = 10;
  for (int i = 0; i < interrupts && !done; ++i) {
    writer_.interrupt();
    readers_.interrupt();
    done = co_await all_back(grace / interrupts);
  }
  std::vector<std::string> left = writer_.holders();
  std::vector<std::string> reading = readers_.holders();
  left.insert(left.end(), std::make_move_iterator(reading.begin()),
              std::make_move_iterator(reading.end()));
  co_await writer_.close();
  co_await readers_.close();
  co_return left;
}

}  // namespace crossfade::sqlite
