#include "compat/detail/never_awaited.hpp"

#include <exception>
#include <string_view>

#include "compat/detail/scheduler.hpp"

namespace crossfade::detail {

void report_never_awaited(const std::source_location& written) noexcept {
  scheduler* const sched = this_scheduler;
  if (sched == nullptr || sched->on_never_awaited == nullptr || std::uncaught_exceptions() > 0)
    return;
  sched->on_never_awaited(*sched, written);
}

std::string function_of(const std::source_location& location) {
  std::string_view name = location.function_name();
  // The parameters are the last pair of parentheses.
  std::size_t begin = name.rfind(')');
  for (int depth = 1; begin != std::string_view::npos && begin > 0 && depth > 0;) {
    --begin;
    if (name[begin] == ')') ++depth;
    if (name[begin] == '(') --depth;
  }
  name = name.substr(0, begin);
  constexpr std::string_view prefix = "void ";  // g++ runs each coroutine in a function of its own
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::string(name);
}

}  // namespace crossfade::detail
