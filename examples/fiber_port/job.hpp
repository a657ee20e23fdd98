#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace fiber_port {

/// What each step of the program is given.
struct job {
  std::vector<std::string> symbols;  ///< in the order in which they are wanted, some more than once
  int workers = 3;
  std::size_t most_at_once = 2;  ///< questions to the exchange
  std::chrono::microseconds report_every{100};
  std::string backend;  ///< as a flag would say: "fiber" or "coro"
};

/// What it has done.
struct summary {
  std::map<std::string, std::string> answers;  ///< a price, or why there is none
  std::vector<std::string> journal;            ///< "#3 wants BTC"
  std::vector<std::string> reports;            ///< "2 prices known", now and then
  int asked = 0;                               ///< questions to the exchange
  int most_at_once = 0;
  std::size_t stacks = 0;  ///< that the fiber backend made
};

}  // namespace fiber_port
