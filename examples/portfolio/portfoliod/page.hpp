#pragma once

#include <string_view>

namespace portfoliod {

/// page.html.
extern const std::string_view page;

}  // namespace portfoliod
