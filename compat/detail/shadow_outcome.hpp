#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>

#include "compat/clock.hpp"
#include "compat/detail/demangled.hpp"
#include "compat/handle.hpp"
#include "compat/subsystem.hpp"

namespace crossfade::detail {

template <class T>
T joined_value(const handle<T>&);

/// What a call of a host gives.
template <class Host, class F, class... A>
using shadowed_value = decltype(joined_value(std::declval<Host&>().launch(
    std::declval<const root_options&>(), std::declval<const std::remove_reference_t<F>&>(),
    std::declval<const std::remove_reference_t<A>&>()...)));

/// "out_of_range: no such asset"; the type alone of what says nothing.
std::string error_text(const std::exception_ptr& error);
bool same_error(const std::exception_ptr& a, const std::exception_ptr& b);

/// How a call ended, so that it can be compared with another.
template <class T>
struct shadow_outcome {
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  static_assert(std::copyable<stored> && std::equality_comparable<stored>,
                "what a shadowed call gives is copied and compared");

  std::optional<stored> value;
  std::exception_ptr error;  // unless there is a value
  duration time{};

  std::string text() const {
    if (!value) return error_text(error);
    if constexpr (std::is_void_v<T>) {
      return "ended";
    } else if constexpr (requires(std::ostream& to) { to << *value; }) {
      std::ostringstream text;
      text << *value;
      return std::move(text).str();
    } else {
      return "a " + demangled(typeid(T).name());
    }
  }
};

template <class T>
bool same_outcome(const shadow_outcome<T>& a, const shadow_outcome<T>& b) {
  if (a.value && b.value) return *a.value == *b.value;
  return !a.value && !b.value && same_error(a.error, b.error);
}

}  // namespace crossfade::detail
