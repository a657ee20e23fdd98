#include "compat/detail/duration_text.hpp"

#include <array>
#include <cstdio>

namespace crossfade::detail {

std::string in_words(duration length) {
  struct unit {
    std::int64_t nanoseconds;
    const char* name;
  };
  constexpr std::array units{unit{1'000'000'000, "s"}, unit{1'000'000, "ms"}, unit{1'000, "us"}};
  if (length == duration::zero()) return "0 s";
  std::array<char, 32> text{};
  for (const unit& u : units) {
    if (length.count() < u.nanoseconds) continue;
    const std::int64_t thousandths = length.count() / (u.nanoseconds / 1000);
    std::snprintf(text.data(), text.size(), "%.15g %s", static_cast<double>(thousandths) / 1000,
                  u.name);
    return text.data();
  }
  return std::to_string(length.count()) + " ns";
}

}  // namespace crossfade::detail
