#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace crossfade::sqlite {

using blob = std::vector<std::byte>;

/// What a column can hold, by SQLite's storage classes: NULL, INTEGER, REAL, TEXT (UTF-8), BLOB.
using value = std::variant<std::nullptr_t, std::int64_t, double, std::string, blob>;

}  // namespace crossfade::sqlite
