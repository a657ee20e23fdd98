#include "flags/detail/json_splice.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

using pointer = json::json_pointer;

struct span {
  std::size_t begin;
  std::size_t end;
};

struct placed_member;

/// A value, and where it stands. The items of a list are members named by their positions.
struct placed {
  span text;
  std::vector<placed_member> members;
};

struct placed_member {
  std::string name;
  span name_text;
  placed value;
};

/// Finds where each value of a valid text stands.
class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  placed value() {
    skip_blanks();
    const std::size_t begin = at_;
    std::vector<placed_member> members;
    switch (text_[at_]) {
      case '{':
        members = list_of('}', [&](std::size_t) { return named(); });
        break;
      case '[':
        members = list_of(']', [&](std::size_t position) {
          return placed_member{std::to_string(position), {}, value()};
        });
        break;
      case '"':
        skip_string();
        break;
      default:
        at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    }
    return {{begin, at_}, std::move(members)};
  }

 private:
  void skip_blanks() { at_ = text_.find_first_not_of(" \t\r\n", at_); }

  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  placed_member named() {
    const std::size_t begin = at_;
    skip_string();
    const span name{begin, at_};
    skip_blanks();
    ++at_;  // the colon
    return {json::parse(text_.substr(begin, name.end - begin)).get<std::string>(), name, value()};
  }

  template <class Next>
  std::vector<placed_member> list_of(char end, const Next& next) {
    std::vector<placed_member> members;
    ++at_;
    for (skip_blanks(); text_[at_] != end; skip_blanks()) {
      if (text_[at_] == ',') ++at_;
      skip_blanks();
      members.push_back(next(members.size()));
    }
    ++at_;
    return members;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

auto find_member(const placed& object, std::string_view name) {
  return std::find_if(object.members.begin(), object.members.end(),
                      [&](const placed_member& member) { return member.name == name; });
}

placed find(std::string_view text, const std::string& at) {
  std::vector<std::string> names;
  for (pointer rest(at); !rest.empty(); rest.pop_back()) names.push_back(rest.back());
  placed found = scanner(text).value();
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    placed next = find_member(found, *name)->value;
    found = std::move(next);
  }
  return found;
}

std::string spliced(std::string_view text, span place, std::string_view instead) {
  std::string result(text.substr(0, place.begin));
  result += instead;
  result += text.substr(place.end);
  return result;
}

/// On one line, as a person writes it.
std::string spaced(const json& value) {
  if (value.empty() || !value.is_structured()) return value.dump();
  std::string items;
  for (const auto& [name, item] : value.items()) {
    if (!items.empty()) items += ", ";
    items += value.is_object() ? json(name).dump() + ": " + spaced(item) : spaced(item);
  }
  return value.is_object() ? '{' + items + '}' : '[' + items + ']';
}

/// How the members of an object are set apart.
struct layout {
  std::string before_name;
  std::string after_name;  // up to the value

  std::string text(const json& value) const {
    const bool dense = after_name == ":";
    return dense ? value.dump() : spaced(value);
  }
};

layout layout_at(std::string_view text, const placed& object,
                 std::vector<placed_member>::const_iterator anchor) {
  const bool is_first = anchor == object.members.begin();
  const std::size_t before = is_first ? object.text.begin + 1 : std::prev(anchor)->value.text.end;
  const auto gap = text.substr(before, anchor->name_text.begin - before);
  const auto colon =
      text.substr(anchor->name_text.end, anchor->value.text.begin - anchor->name_text.end);
  std::string blanks(gap.substr(gap.find(',') + 1));  // npos + 1 == 0: the first has no comma
  const bool on_one_line = is_first && blanks.find('\n') == blanks.npos;
  if (on_one_line) blanks = colon == ":" ? "" : " ";
  return {std::move(blanks), std::string(colon)};
}

std::optional<repeated_member> repeated_in(std::string_view text, const placed& value,
                                           const pointer& at) {
  std::vector<std::pair<std::string_view, std::size_t>> names;  // and where
  names.reserve(value.members.size());
  for (const placed_member& member : value.members) {
    names.emplace_back(member.name, member.name_text.begin);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(
      names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != names.end()) {
    const std::size_t second = std::next(twice)->second;
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(second), '\n');
    return repeated_member{(at / std::string(twice->first)).to_string(),
                           static_cast<std::size_t>(line) + 1};
  }
  for (const placed_member& member : value.members) {
    if (auto found = repeated_in(text, member.value, at / member.name)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::string with_value(std::string_view text, const std::string& at, const json& value) {
  return spliced(text, find(text, at).text, spaced(value));
}

std::string with_member(std::string_view text, const std::string& object, const std::string& name,
                        const json& value, const std::string& after) {
  const placed place = find(text, object);
  const auto& members = place.members;
  if (members.empty()) {
    return spliced(text, place.text, '{' + json(name).dump() + ": " + spaced(value) + '}');
  }
  if (const auto there = find_member(place, name); there != members.end()) {
    return spliced(text, there->value.text, layout_at(text, place, there).text(value));
  }
  auto anchor = find_member(place, after);
  if (anchor == members.end()) --anchor;
  const layout layout = layout_at(text, place, anchor);
  const std::size_t end = anchor->value.text.end;
  return spliced(
      text, {end, end},
      ',' + layout.before_name + json(name).dump() + layout.after_name + layout.text(value));
}

std::string without_member(std::string_view text, const std::string& object,
                           const std::string& name) {
  const placed place = find(text, object);
  const auto there = find_member(place, name);
  if (there == place.members.end()) return std::string(text);
  if (there != place.members.begin()) {
    return spliced(text, {std::prev(there)->value.text.end, there->value.text.end}, "");
  }
  const auto next = std::next(there);
  const bool is_only = next == place.members.end();
  return spliced(
      text, {there->name_text.begin, is_only ? there->value.text.end : next->name_text.begin}, "");
}

std::optional<repeated_member> find_repeated(std::string_view text) {
  return repeated_in(text, scanner(text).value(), pointer());
}

}  // namespace crossfade::flags::detail
