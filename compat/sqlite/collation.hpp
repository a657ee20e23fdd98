#pragma once

#include <compare>
#include <functional>
#include <string_view>

namespace crossfade::sqlite {

/// Which of two texts (UTF-8) comes first. The same for the same texts, always, and on all
/// connections that write to an index by it.
using collation_order = std::function<std::weak_ordering(std::string_view, std::string_view)>;

}  // namespace crossfade::sqlite
