#pragma once

#include <string>
#include <string_view>

namespace crossfade::flags::detail {

/// Where a value stands in a document: costs nothing until it is asked for as a JSON pointer.
///
/// Lifetime: refers to what it was made of, place and name; so it is passed down and never kept.
class place {
 public:
  /// The document as a whole.
  place() = default;

  place operator/(std::string_view name) const { return {*this, name}; }

  std::string pointer() const;

 private:
  place(const place& parent, std::string_view name) : parent_(&parent), name_(name) {}

  const place* parent_ = nullptr;
  std::string_view name_;
};

}  // namespace crossfade::flags::detail
