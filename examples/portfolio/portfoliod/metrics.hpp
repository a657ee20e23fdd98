#pragma once

#include <string>
#include <string_view>

namespace portfoliod {

class observer;

/// The content type of `metrics_text`.
inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// What the observer knows now, as numbers in Prometheus's text format.
///
/// Nothing is counted here: each number is read where the library, or `root_times`, keeps it.
/// Threads: the loop's only.
std::string metrics_text(const observer& watch);

}  // namespace portfoliod
