#pragma once

#include <string>
#include <typeinfo>

namespace crossfade::detail {

/// A name as the compiler writes it, or as the source had it.
std::string demangled(const char* name);

/// "async_receive", of the type by which Asio starts that operation; empty if it has no such name.
std::string operation_name(const std::type_info& initiation);

}  // namespace crossfade::detail
