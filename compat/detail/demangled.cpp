#include "compat/detail/demangled.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace crossfade::detail {

std::string demangled(const char* name) {
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, nullptr), &std::free);
  return text != nullptr ? text.get() : name;
}

std::string operation_name(const std::type_info& initiation) {
  // Without template arguments and parameters, then without namespaces and classes.
  std::string name;
  int depth = 0;
  for (const char c : demangled(initiation.name())) {
    const bool closes = c == '>' || c == ')';
    if (c == '<' || c == '(') ++depth;
    if (depth == 0 && !closes) name += c;
    if (closes) --depth;
  }
  if (const std::size_t scope = name.rfind(':'); scope != std::string::npos)
    name.erase(0, scope + 1);
  constexpr std::string_view prefix = "initiate_";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : "";
}

}  // namespace crossfade::detail
