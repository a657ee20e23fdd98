#pragma once

#include "compat/http/handler.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace crossfade::http {

/// A handler that passes each request to the handler of its route.
///
/// A pattern is a path whose segments are literal or `{name}`, which stands for one segment that is
/// not empty: `"/api/1/tasks/{id}"`. Order: where several patterns match, literal segments win,
/// from left to right. An unknown path is answered with 404, a known one under another method with
/// 405 and Allow; HEAD goes to GET's handler. Copies share nothing.
class router {
 public:
  /// Adds a route; returns the router. Throws: `usage_error` for a pattern that is none, and for a
  /// route that is there already.
  router& on(std::string method, const std::string& pattern, handler answer);

  task<response> operator()(request& r) const;

 private:
  struct segment {
    std::string text;  // a parameter's name, or what the path has to say here
    bool is_parameter;
  };
  struct route {
    std::string method;
    std::vector<segment> segments;
    handler answer;
  };
  static bool matches(const route& candidate, const request& r);
  const route* find(const request& r, std::string_view method) const;
  response refuse(const request& r) const;

  std::vector<route> routes_;  // those with literal segments further left first
};

}  // namespace crossfade::http
