#include "flags/detail/place.hpp"

namespace crossfade::flags::detail {

std::string place::pointer() const {
  if (parent_ == nullptr) return {};
  std::string text = parent_->pointer() + '/';
  for (const char c : name_) {
    if (c == '~' || c == '/') {
      text += c == '~' ? "~0" : "~1";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace crossfade::flags::detail
