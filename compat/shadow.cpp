#include "compat/shadow.hpp"

#include <cxxabi.h>

#include "compat/errors.hpp"
#include "compat/runtime.hpp"

namespace crossfade {

namespace detail {

namespace {

const std::type_info* type_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (...) {
    return abi::__cxa_current_exception_type();
  }
}

}  // namespace

std::string error_text(const std::exception_ptr& error) {
  const std::type_info* type = type_of(error);
  return (type != nullptr ? demangled(type->name()) : "an exception of another language") + ": " +
         describe(error);
}

bool same_error(const std::exception_ptr& a, const std::exception_ptr& b) {
  const std::type_info* of_a = type_of(a);
  const std::type_info* of_b = type_of(b);
  return of_a == of_b || (of_a != nullptr && of_b != nullptr && *of_a == *of_b);
}

}  // namespace detail

shadow::shadow(subsystem& owner, shadow_options options) : subsystem_(owner), options_(options) {
  idle_.set();
}

task<> shadow::stop() {
  stopped_ = true;
  comparing_.clear();
  co_await idle_.wait();
}

bool shadow::is_shadowed(const shadow_call& what) const {
  return subsystem_.owner().choice(subsystem_.name(), what.targeting_key) == shadow_choice;
}

backend* shadow::repeats_on() {
  const auto& backends = subsystem_.owner().backends();
  if (stopped_ || backends.size() < 2) return nullptr;
  if (under_way_ >= options_.most_at_once) {
    ++counters_.over_budget;
    return nullptr;
  }
  idle_.clear();
  return &backends[1].get();
}

void shadow::watch(handle<> comparing) {
  comparing_.remove_if([](const handle<>& each) { return each.done(); });
  comparing_.push_back(std::move(comparing));
}

void shadow::count(duration served, duration repeated) noexcept {
  counters_.served_in += served;
  counters_.repeated_in += repeated;
}

void shadow::keep(shadow_difference&& difference) {
  ++counters_.different;
  difference.at = std::chrono::system_clock::now();
  differences_.push_back(std::move(difference));
  if (differences_.size() > options_.keep) differences_.pop_front();
}

shadow_difference shadow::described(const shadow_call& what) {
  return {.call = std::string(what.name),
          .targeting_key = std::string(what.targeting_key),
          .arguments = std::string(what.arguments),
          .served = {},
          .repeated = {},
          .served_in = {},
          .repeated_in = {},
          .at = {}};
}

time_point shadow::now() const noexcept { return subsystem_.owner().core().now(); }

}  // namespace crossfade
