#include "collector/cache.hpp"

namespace collector {

namespace xf = crossfade;

// region price
xf::task<int> cache::price(const std::string& symbol) {
  entry& wanted = entries_[symbol];
  const auto busy = co_await wanted.busy.acquire();
  if (!wanted.price) {
    const auto pass = co_await entrance_.enter();
    log_.note("asks for " + symbol);
    wanted.price = co_await source_.ask(symbol);
    ++known_;
  }
  co_return *wanted.price;
}
// endregion

}  // namespace collector
