#include "flags/kill_switch.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/detail/objections.hpp"
#include "flags/errors.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace crossfade::flags {
namespace {

using detail::trimmed;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f;
}

std::string_view without_comment(std::string_view line) {
  for (auto hash = line.find('#'); hash != line.npos; hash = line.find('#', hash + 1)) {
    const bool begins_comment = hash == 0 || line[hash - 1] == ' ' || line[hash - 1] == '\t';
    if (begins_comment) return line.substr(0, hash);
  }
  return line;
}

bool fits_on_a_line(std::string_view key) {
  return !key.empty() && std::none_of(key.begin(), key.end(), is_control) &&
         trimmed(without_comment(key)) == key;
}

}  // namespace

kill_switch kill_switch::parse(std::string_view text, const std::string& name) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  kill_switch result;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (std::any_of(line.begin(), line.end(), is_control)) {
      throw flag_error(name, "",
                       "line " + std::to_string(number) +
                           " holds a control character; expected one flag key, or # and a comment");
    }
    const std::string_view key = trimmed(without_comment(line));
    if (!key.empty()) result.add(key);
  }
  result.all = result.keys.empty();
  return result;
}

void kill_switch::add(std::string_view key) {
  const auto place = std::lower_bound(keys.begin(), keys.end(), key);
  if (place == keys.end() || *place != key) keys.emplace(place, key);
}

bool kill_switch::covers(std::string_view key) const noexcept {
  return all || std::binary_search(keys.begin(), keys.end(), key);
}

std::optional<std::string> kill_switch::to_text() const {
  if (all) return "# Every flag is killed: it answers its code's default.\n";
  if (keys.empty()) return std::nullopt;
  std::string text = "# These flags are killed: they answer their code's defaults.\n";
  for (const std::string& key : keys) {
    if (!fits_on_a_line(key)) {
      throw std::invalid_argument("flag key " + detail::quoted(key) +
                                  " cannot be killed by name: it does not fit on a line");
    }
    text += key + '\n';
  }
  return text;
}

}  // namespace crossfade::flags
