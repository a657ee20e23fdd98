#include "collector/work.hpp"

namespace collector {

void feed(const std::vector<std::string>& symbols, symbol_queue& todo) {
  for (const std::string& symbol : symbols) todo.push(symbol);
  todo.close();
}

namespace {

std::string answer(const std::string& symbol, cache& prices, journal& log) {
  log.begin_request();
  log.note("wants " + symbol);
  try {
    return std::to_string(prices.price(symbol));
  } catch (const unknown_symbol& error) {
    return error.what();
  }
}

}  // namespace

answers work(symbol_queue& todo, cache& prices, journal& log) {
  answers found;
  for (const std::string& symbol : todo) found[symbol] = answer(symbol, prices, log);
  return found;
}

}  // namespace collector
