#include "compat/http/detail/syntax.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace crossfade::http::detail {

namespace urls = boost::urls;

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_token_char(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

std::uint16_t port_of(std::string_view digits) {
  if (digits.empty()) return 80;
  std::uint16_t port = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (end.ec != std::errc() || port == 0) {
    throw std::invalid_argument("port " + std::string(digits) + "; expected 1 to 65535");
  }
  return port;
}

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool parse_target(request& r) {
  const auto parsed =
      r.target.starts_with('/') ? urls::parse_origin_form(r.target) : urls::parse_uri(r.target);
  if (!parsed || !parsed->is_path_absolute()) return false;
  r.path = parsed->path();
  for (const auto& segment : parsed->segments()) r.segments.emplace_back(segment);
  const urls::encoding_opts form(/*space_as_plus=*/true);
  for (const auto& p : parsed->params(form)) r.query.push_back({p.key, p.value});
  return true;
}

destination parse_url(std::string_view url) {
  const auto parsed = urls::parse_uri(url);
  if (!parsed) throw std::invalid_argument("no URL: " + parsed.error().message());
  if (parsed->scheme_id() == urls::scheme::https) {
    throw std::invalid_argument("https is not supported; expected http://");
  }
  if (parsed->scheme_id() != urls::scheme::http || parsed->host().empty()) {
    throw std::invalid_argument("expected http://host[:port]/path");
  }
  destination to{.host = parsed->host_address(),
                 .port = port_of(parsed->port()),
                 .authority = std::string(parsed->encoded_host()),
                 .target = std::string(parsed->encoded_path())};
  if (to.port != 80) to.authority += ':' + std::to_string(to.port);
  if (to.target.empty()) to.target = "/";
  if (parsed->has_query()) to.target += '?' + std::string(parsed->encoded_query());
  return to;
}

}  // namespace crossfade::http::detail
