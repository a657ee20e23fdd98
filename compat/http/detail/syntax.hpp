#pragma once

#include "compat/http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade::http::detail {

/// RFC 9110's token: what a method and a header's name are made of.
bool is_token(std::string_view text) noexcept;
/// Whether both are the same header name.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// Splits and decodes `r.target`, in origin or absolute form. False: it is neither.
bool parse_target(request& r);

/// Where a URL leads.
struct destination {
  std::string host;       ///< a name, or an address without brackets
  std::uint16_t port;     ///< 80 if the URL names none
  std::string authority;  ///< as in a Host header: "host:port", or "host" for port 80
  std::string target;     ///< the encoded path and query
};
/// Throws: `std::invalid_argument` that says what is wrong with the URL.
destination parse_url(std::string_view url);

}  // namespace crossfade::http::detail
