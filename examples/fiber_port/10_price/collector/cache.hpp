#pragma once

#include <map>
#include <optional>
#include <string>

#include "collector/exchange.hpp"
#include "collector/gate.hpp"
#include "collector/journal.hpp"
#include "compat/lock.hpp"

namespace collector {

/// The prices that are known. Each is asked for once, however many want it at the same time.
class cache {
 public:
  cache(exchange& source, gate& entrance, journal& log)
      : source_(source), entrance_(entrance), log_(log) {}

  /// Throws: `unknown_symbol`, and asks again the next time.
  crossfade::task<int> price(const std::string& symbol);
  int known() const { return known_; }

 private:
  struct entry {
    crossfade::lock busy;
    std::optional<int> price;
  };

  exchange& source_;
  gate& entrance_;
  journal& log_;
  std::map<std::string, entry> entries_;
  int known_ = 0;
};

}  // namespace collector
