#include "flags/detail/json.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>

namespace crossfade::flags::detail {
namespace {

// No person nests deeper, and whatever walks the document may recurse.
constexpr int max_depth = 512;

[[noreturn]] void refuse_depth(std::string_view before, const std::string& name) {
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto column = before.size() - before.rfind('\n');  // npos + 1 == 0: the first line
  throw flag_error(name, "",
                   "nested too deep at line " + std::to_string(line) + ", column " +
                       std::to_string(column) + "; expected at most " + std::to_string(max_depth) +
                       " levels");
}

/// Refuses what the parser would let through.
void check_before_parsing(std::string_view text, const std::string& name) {
  if (text.starts_with("\xef\xbb\xbf")) {
    throw flag_error(name, "", "begins with a byte order mark; expected UTF-8 without one");
  }
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) refuse_depth(text.substr(0, i), name);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

std::string_view kept(const std::string& text, std::pmr::memory_resource& memory) {
  return joined(std::array{std::string_view(text)}, memory);
}

template <class T>
T* allocate(std::size_t count, std::pmr::memory_resource& memory) {
  return new (memory.allocate(count * sizeof(T), alignof(T))) T[count];
}

}  // namespace

json parse_json(std::string_view text, const std::string& name) {
  check_before_parsing(text, name);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 2, column 7: ..."
    const std::string_view message = error.what();
    throw flag_error(name, "", message.substr(message.find(']') + 2));
  }
}

datum to_datum(const json& node, std::pmr::memory_resource& memory) {
  if (node.is_boolean()) return datum::boolean(node.get<bool>());
  if (node.is_number()) return datum::number(node.get<double>());
  if (node.is_string()) return datum::text(kept(node.get_ref<const std::string&>(), memory));
  if (node.is_array()) {
    datum* const items = allocate<datum>(node.size(), memory);
    for (std::size_t i = 0; i < node.size(); ++i) items[i] = to_datum(node[i], memory);
    return datum::list({items, node.size()});
  }
  if (node.is_object()) {
    member* const members = allocate<member>(node.size(), memory);
    member* next = members;
    for (const auto& [name, value] : node.items()) {
      *next++ = {kept(name, memory), to_datum(value, memory)};
    }
    return datum::object({members, node.size()});
  }
  return {};
}

}  // namespace crossfade::flags::detail
