#include "compat/detail/context.hpp"

#include <algorithm>
#include <atomic>

namespace crossfade::detail {

std::uint64_t next_variable_id() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

variable_values::~variable_values() {
  while (!values_.empty()) values_.pop_back();
}

const void* variable_values::find(std::uint64_t variable) const noexcept {
  for (const auto& [id, value] : values_) {
    if (id == variable) return value.get();
  }
  return nullptr;
}

std::shared_ptr<const void> variable_values::share(std::uint64_t variable) const noexcept {
  for (const auto& [id, value] : values_) {
    if (id == variable) return value;
  }
  return nullptr;
}

void variable_values::set(std::uint64_t variable, std::shared_ptr<const void> value) {
  const auto known = std::find_if(values_.begin(), values_.end(),
                                  [=](const auto& entry) { return entry.first == variable; });
  if (value == nullptr) {
    if (known != values_.end()) values_.erase(known);
  } else if (known != values_.end()) {
    known->second = std::move(value);
  } else {
    values_.emplace_back(variable, std::move(value));
  }
}

void context::set(std::uint64_t variable, std::shared_ptr<const void> value) {
  auto changed = std::make_unique<shared_values>();
  variable_values& copy = *changed;  // the values alone; the references are those of the original
  if (values_ != nullptr) copy = static_cast<const variable_values&>(*values_);
  copy.set(variable, std::move(value));
  context replacement;
  replacement.values_ = changed.release();
  std::swap(values_, replacement.values_);
}

void context::drop() noexcept { delete values_; }

}  // namespace crossfade::detail
