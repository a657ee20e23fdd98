#include "collector/journal.hpp"

namespace collector {

void journal::begin_request() { request_.reset(new int(++last_request_)); }

void journal::note(const std::string& what) {
  lines_.push_back("#" + std::to_string(*request_) + " " + what);
}

}  // namespace collector
