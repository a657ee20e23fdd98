#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace crossfade::detail {

/// A number that no other variable of this program has or had; an address could come again.
std::uint64_t next_variable_id() noexcept;

/// Values by variable, few enough to look through.
class variable_values {
 public:
  variable_values() = default;
  variable_values(const variable_values&) = default;
  variable_values& operator=(const variable_values&) = default;
  /// Last set, first destroyed.
  ~variable_values();

  const void* find(std::uint64_t variable) const noexcept;
  std::shared_ptr<const void> share(std::uint64_t variable) const noexcept;
  /// A null value takes the variable out.
  void set(std::uint64_t variable, std::shared_ptr<const void> value);

 private:
  std::vector<std::pair<std::uint64_t, std::shared_ptr<const void>>> values_;
};

/// The values of context variables that a task sees. A set never changes once it is made, so that a
/// child shares its parent's by a counted reference, and a function on another thread may read it.
/// But one that is made common changes for all who hold it; a copy has the values of that moment.
/// References are made and dropped on the loop's thread.
class context {
 public:
  context() noexcept = default;
  context(const context& other) : values_(other.values_) {
    if (values_ == nullptr) return;
    if (values_->common) [[unlikely]] {
      values_ = copied(values_);
    } else {
      ++values_->references;
    }
  }
  context(context&& other) noexcept : values_(std::exchange(other.values_, nullptr)) {}
  context& operator=(context other) noexcept {
    std::swap(values_, other.values_);
    return *this;
  }
  ~context() {
    if (values_ != nullptr && --values_->references == 0) drop();
  }

  /// No values from now on.
  void reset() noexcept {
    if (values_ != nullptr) *this = context();
  }

  const void* find(std::uint64_t variable) const noexcept {
    return values_ != nullptr ? values_->find(variable) : nullptr;
  }
  std::shared_ptr<const void> share(std::uint64_t variable) const noexcept {
    return values_ != nullptr ? values_->share(variable) : nullptr;
  }
  /// From now on this context, and no copy made before, has the value.
  void set(std::uint64_t variable, std::shared_ptr<const void> value);

  /// A common one, with the present values of this.
  context made_common() const;
  /// Of a common one: the same again.
  context same() const noexcept;

 private:
  struct shared_values : variable_values {
    std::uint64_t references = 1;
    bool common = false;
  };
  static shared_values* copied(const shared_values* values);
  void drop() noexcept;

  shared_values* values_ = nullptr;
};

}  // namespace crossfade::detail
