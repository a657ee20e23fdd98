#pragma once

#include <stdexcept>
#include <string>

namespace collector {

struct unknown_symbol : std::runtime_error {
  using runtime_error::runtime_error;
};

/// Where prices come from. It is far away: an answer takes a while.
class exchange {
 public:
  /// Throws: `unknown_symbol`.
  int ask(const std::string& symbol);

  int asked() const { return asked_; }
  int most_at_once() const { return most_at_once_; }

 private:
  int asked_ = 0;
  int at_once_ = 0;
  int most_at_once_ = 0;
};

}  // namespace collector
