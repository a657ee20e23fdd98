#pragma once

#include <string>
#include <vector>

#include "compat/context.hpp"

namespace collector {

/// Who did what. Each task works on one request at a time, whose number its lines begin with.
class journal {
 public:
  /// This task begins with the next request.
  void begin_request();
  void note(const std::string& what);

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  crossfade::task_local<int> request_;
  int last_request_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace collector
