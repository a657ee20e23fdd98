#include "compat/http/router.hpp"

#include "compat/errors.hpp"

#include <algorithm>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

namespace crossfade::http {

router& router::on(std::string method, const std::string& pattern, handler answer) {
  const auto refused = [where = "route " + method + ' ' + pattern](const std::string& why) {
    return usage_error(where + ": " + why);
  };
  if (!pattern.starts_with('/')) throw refused("expected a path that starts with /");

  route added{std::move(method), {}, std::move(answer)};
  for (const auto part : std::string_view(pattern).substr(1) | std::views::split('/')) {
    std::string text(part.begin(), part.end());
    const bool is_parameter = text.size() > 2 && text.front() == '{' && text.back() == '}';
    if (is_parameter) text = text.substr(1, text.size() - 2);
    if (text.find_first_of("{}") != std::string::npos) {
      throw refused("segment '" + text + "'; expected a literal or a whole {name}");
    }
    added.segments.push_back({std::move(text), is_parameter});
  }

  const auto shape_is_less = [](const segment& a, const segment& b) {
    return std::pair(a.is_parameter, a.is_parameter ? std::string_view() : a.text) <
           std::pair(b.is_parameter, b.is_parameter ? std::string_view() : b.text);
  };
  const auto is_before = [&](const route& a, const route& b) {
    return std::ranges::lexicographical_compare(a.segments, b.segments, shape_is_less);
  };
  const auto [first, last] = std::ranges::equal_range(routes_, added, is_before);
  if (std::ranges::find(first, last, added.method, &route::method) != last) {
    throw refused("there is a route for the same method and paths already");
  }
  routes_.insert(last, std::move(added));
  return *this;
}

bool router::matches(const route& candidate, const request& r) {
  return std::ranges::equal(candidate.segments, r.segments,
                            [](const segment& expected, const std::string& is) {
                              return expected.is_parameter ? !is.empty() : expected.text == is;
                            });
}

const router::route* router::find(const request& r, std::string_view method) const {
  const auto found = std::ranges::find_if(
      routes_, [&](const route& each) { return each.method == method && matches(each, r); });
  return found == routes_.end() ? nullptr : &*found;
}

response router::refuse(const request& r) const {
  std::set<std::string> allowed;
  for (const route& each : routes_) {
    if (matches(each, r)) allowed.insert(each.method);
  }
  if (allowed.empty()) return plain_text(404, "Not Found");
  if (allowed.contains("GET")) allowed.insert("HEAD");
  std::string list;
  for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
  response answer = plain_text(405, "Method Not Allowed");
  answer.headers.set("Allow", std::move(list));
  return answer;
}

task<response> router::operator()(request& r) const {
  const route* taken = find(r, r.method);
  if (taken == nullptr && r.method == "HEAD") taken = find(r, "GET");
  if (taken == nullptr) co_return refuse(r);
  for (std::size_t i = 0; i < r.segments.size(); ++i) {
    const segment& matched = taken->segments[i];
    if (matched.is_parameter) r.parameters.push_back({matched.text, r.segments[i]});
  }
  co_return co_await taken->answer(r);
}

}  // namespace crossfade::http
