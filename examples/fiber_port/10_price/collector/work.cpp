#include "collector/work.hpp"

namespace collector {

namespace xf = crossfade;

void feed(const std::vector<std::string>& symbols, symbol_queue& todo) {
  for (const std::string& symbol : symbols) xf::await(todo.put(symbol));
  todo.close();
}

namespace {

std::string answer(const std::string& symbol, cache& prices, journal& log) {
  log.begin_request();
  log.note("wants " + symbol);
  try {
    return std::to_string(xf::await(prices.price(symbol)));
  } catch (const unknown_symbol& error) {
    return error.what();
  }
}

}  // namespace

answers work(symbol_queue& todo, cache& prices, journal& log) {
  answers found;
  try {
    for (;;) {
      const std::string symbol = xf::await(todo.get());
      found[symbol] = answer(symbol, prices, log);
    }
  } catch (const xf::queue_closed&) {
    return found;
  }
}

}  // namespace collector
