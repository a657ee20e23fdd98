#include "compat/http/error.hpp"

#include <utility>

namespace crossfade::http {

namespace {

const char* name_of(error::phase p) noexcept {
  switch (p) {
    case error::phase::url:
      return "url";
    case error::phase::wait:
      return "wait for a connection";
    case error::phase::resolve:
      return "resolve";
    case error::phase::connect:
      return "connect";
    case error::phase::send:
      return "send";
    case error::phase::receive:
      return "receive";
  }
  return "";
}

}  // namespace

error::error(std::string host, phase at, reason why, const std::string& text)
    : std::runtime_error(host + ": " + name_of(at) + ": " + text),
      host_(std::move(host)),
      phase_(at),
      reason_(why) {}

}  // namespace crossfade::http
