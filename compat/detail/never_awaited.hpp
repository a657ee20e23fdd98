#pragma once

#include <source_location>
#include <string>

namespace crossfade::detail {

/// Coroutine text of this function goes without having run: tells who wants to know on this thread.
/// Nothing, where an exception in flight is the reason.
void report_never_awaited(const std::source_location& written) noexcept;

/// The function that a location is in, without parameters: of a coroutine compilers show what they
/// make of it.
std::string function_of(const std::source_location& location);

}  // namespace crossfade::detail
