#pragma once

#include <stdexcept>
#include <string_view>

namespace portfolio {

/// A text is not what it should be. The message tells both and lacks only the name of the thing:
/// `is "abc"; expected a number like 12.5`.
class bad_text : public std::invalid_argument {
 public:
  bad_text(std::string_view text, std::string_view expected);
};

}  // namespace portfolio
