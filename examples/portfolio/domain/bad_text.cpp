#include "domain/bad_text.hpp"

#include <string>

namespace portfolio {
namespace {

constexpr std::size_t longest_shown = 40;

std::string shown(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() <= longest_shown) return "is \"" + std::string(text) + '"';
  std::size_t end = longest_shown;
  // Not in the middle of a character: the message is UTF-8 if the text is.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "begins with \"" + std::string(text.substr(0, end)) + '"';
}

}  // namespace

bad_text::bad_text(std::string_view text, std::string_view expected)
    : std::invalid_argument(shown(text) + "; expected " + std::string(expected)) {}

}  // namespace portfolio
