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

context::shared_values* context::copied(const shared_values* values) {
  auto made = std::make_unique<shared_values>();
  variable_values& copy = *made;  // the values alone; who shares them does not come along
  if (values != nullptr) copy = static_cast<const variable_values&>(*values);
  return made.release();
}

void context::set(std::uint64_t variable, std::shared_ptr<const void> value) {
  if (values_ != nullptr && values_->common) {
    values_->set(variable, std::move(value));
    return;
  }
  context changed;
  changed.values_ = copied(values_);
  changed.values_->set(variable, std::move(value));
  std::swap(values_, changed.values_);
}

context context::made_common() const {
  context made;
  made.values_ = copied(values_);
  made.values_->common = true;
  return made;
}

context context::same() const noexcept {
  context again;
  again.values_ = values_;
  ++values_->references;
  return again;
}

void context::drop() noexcept { delete values_; }

}  // namespace crossfade::detail
