#include "collector/cache.hpp"

#include <mutex>

namespace collector {

namespace xf = crossfade;

// region price
int cache::price(const std::string& symbol) {
  entry& wanted = entries_[symbol];
  const std::lock_guard busy(wanted.busy);
  if (!wanted.price) {
    const auto pass = xf::await(entrance_.enter());
    log_.note("asks for " + symbol);
    wanted.price = source_.ask(symbol);
    ++known_;
  }
  return *wanted.price;
}
// endregion

}  // namespace collector
