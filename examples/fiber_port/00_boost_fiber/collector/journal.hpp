#pragma once

#include <boost/fiber/fss.hpp>
#include <string>
#include <vector>

namespace collector {

/// Who did what. Each fiber works on one request at a time, whose number its lines begin with.
class journal {
 public:
  /// This fiber begins with the next request.
  void begin_request();
  void note(const std::string& what);

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  boost::fibers::fiber_specific_ptr<int> request_;
  int last_request_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace collector
