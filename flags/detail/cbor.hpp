#pragma once

#include "flags/detail/datum.hpp"

#include <memory_resource>
#include <string>

namespace crossfade::flags::detail {

/// Appends the value as CBOR: RFC 8949's core deterministic encoding, in which whole numbers are
/// integers as far as these go, and all others the shortest float that keeps them.
/// False: it is nested too deep, and was not appended as a whole.
bool append_cbor(std::pmr::string& bytes, const datum& value);

}  // namespace crossfade::flags::detail
