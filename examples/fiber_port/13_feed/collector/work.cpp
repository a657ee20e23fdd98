#include "collector/work.hpp"

namespace collector {

namespace xf = crossfade;

xf::task<> feed(const std::vector<std::string>& symbols, symbol_queue& todo) {
  for (const std::string& symbol : symbols) co_await todo.put(symbol);
  todo.close();
}

namespace {

xf::task<std::string> answer(const std::string& symbol, cache& prices, journal& log) {
  log.begin_request();
  log.note("wants " + symbol);
  try {
    co_return std::to_string(co_await prices.price(symbol));
  } catch (const unknown_symbol& error) {
    co_return error.what();
  }
}

}  // namespace

xf::task<answers> work(symbol_queue& todo, cache& prices, journal& log) {
  answers found;
  try {
    for (;;) {
      const std::string symbol = co_await todo.get();
      found[symbol] = co_await answer(symbol, prices, log);
    }
  } catch (const xf::queue_closed&) {
    co_return found;
  }
}

}  // namespace collector
