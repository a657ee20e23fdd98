#pragma once

#include <string>
#include <string_view>

namespace crossfade::flags::detail {

/// Where a value stands in a document: costs nothing until it is asked for as a JSON pointer.
///
/// Lifetime: refers to the place and the name that it was made of, so it is passed down and never
/// kept. Of a temporary place none is made.
class place {
 public:
  /// The document as a whole.
  static const place& document() {
    static const place whole;
    return whole;
  }

  place operator/(std::string_view name) const& { return {*this, name}; }
  place operator/(std::string_view name) const&& = delete;

  std::string pointer() const;

 private:
  place() = default;
  place(const place& parent, std::string_view name) : parent_(&parent), name_(name) {}

  const place* parent_ = nullptr;
  std::string_view name_;
};

}  // namespace crossfade::flags::detail
