#include "flags/detail/compiler.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

/// An object with one member is an operator and its arguments; every other value is data.
bool is_operation(const json& node) { return node.is_object() && node.size() == 1; }

bool is_data(const json& node) {
  if (node.is_array()) return std::all_of(node.begin(), node.end(), is_data);
  return !is_operation(node);
}

struct walker {
  std::string_view name;
  opcode code;
};

std::optional<opcode> find_walker(std::string_view name) {
  constexpr std::array<walker, 6> walkers = {{{"map", opcode::map},
                                              {"filter", opcode::filter},
                                              {"all", opcode::all},
                                              {"some", opcode::some},
                                              {"none", opcode::none},
                                              {"reduce", opcode::reduce}}};
  const auto found = std::find_if(walkers.begin(), walkers.end(),
                                  [&](const walker& walker) { return walker.name == name; });
  return found == walkers.end() ? std::nullopt : std::optional(found->code);
}

class compiler {
 public:
  program compile(const json& rule) {
    auto constants = std::make_unique<std::pmr::monotonic_buffer_resource>();
    constants_ = constants.get();
    result_.constants = std::move(constants);
    value(rule);
    result_.code.shrink_to_fit();
    return std::move(result_);
  }

 private:
  void value(const json& node) {
    if (is_data(node)) {
      add({.code = opcode::constant, .value = to_datum(node, *constants_)});
      rose(1);
    } else if (node.is_array()) {
      values(node);
      add({.code = opcode::list, .count = static_cast<std::uint32_t>(node.size())});
      fell(node.size() - 1);
    } else {
      operation_of(node.begin().key(), node.begin().value());
    }
  }

  void values(const json& nodes) {
    for (const json& node : nodes) value(node);
  }

  void operation_of(std::string_view name, const json& arguments) {
    if (name == "if" || name == "?:") {
      choice(arguments);
    } else if (name == "and") {
      chain(arguments, opcode::jump_if_false);
    } else if (name == "or") {
      chain(arguments, opcode::jump_if_true);
    } else if (const auto walker = find_walker(name)) {
      walk(*walker, arguments);
    } else if (const operation function = find_operation(name)) {
      call(function, arguments);
    } else {
      fail();
    }
  }

  void call(operation function, const json& arguments) {
    if (!arguments.is_array()) {
      value(arguments);
      add({.code = opcode::call_spread, .function = function});
      return;
    }
    values(arguments);
    add({.code = opcode::call,
         .count = static_cast<std::uint32_t>(arguments.size()),
         .function = function});
    fell(arguments.size());
    rose(1);
  }

  void choice(const json& arguments) {
    if (!arguments.is_array()) return fail();
    std::vector<std::size_t> ends;
    std::size_t at = 0;
    for (; at + 1 < arguments.size(); at += 2) {
      value(arguments[at]);
      const std::size_t otherwise = add({.code = opcode::jump_unless});
      fell(1);
      value(arguments[at + 1]);
      ends.push_back(add({.code = opcode::jump}));
      fell(1);  // of the branches one is taken, so one value stays
      lands(otherwise);
    }
    value(at < arguments.size() ? arguments[at] : json());
    for (const std::size_t end : ends) lands(end);
  }

  void chain(const json& arguments, opcode stop) {
    if (!arguments.is_array()) return fail();
    if (arguments.empty()) return value(json());
    std::vector<std::size_t> ends;
    for (const json& argument : arguments) {
      if (&argument != &arguments.front()) {
        ends.push_back(add({.code = stop}));
        fell(1);
      }
      value(argument);
    }
    for (const std::size_t end : ends) lands(end);
  }

  void walk(opcode code, const json& arguments) {
    // Each level takes two frames of the stack of who asks, which may be a fiber's.
    constexpr int deepest = 32;
    const std::size_t count = code == opcode::reduce ? 3 : 2;
    if (!arguments.is_array() || arguments.size() < count || walks_ == deepest) return fail();
    value(arguments[0]);
    if (code == opcode::reduce) value(arguments[2]);
    const std::size_t start = add({.code = code});
    fell(count - 1);
    ++walks_;
    value(arguments[1]);
    --walks_;
    lands(start);
  }

  void fail() {
    add({.code = opcode::fail});
    rose(1);  // as the code around it has it
  }

  std::size_t add(instruction instruction) {
    result_.code.push_back(instruction);
    return result_.code.size() - 1;
  }

  /// Where the instruction goes: to what comes next.
  void lands(std::size_t instruction) { result_.code[instruction].target = result_.code.size(); }

  void rose(std::size_t count) {
    height_ += count;
    result_.stack = std::max(result_.stack, height_);
  }
  void fell(std::size_t count) { height_ -= count; }

  program result_;
  std::pmr::memory_resource* constants_ = nullptr;
  std::size_t height_ = 0;  // of the stack, here
  int walks_ = 0;
};

}  // namespace

std::unique_ptr<json> references::resolve(const json& rule) {
  auto result = std::make_unique<json>();
  return copy(rule, *result, false) ? std::move(result) : nullptr;
}

const json* references::referred(const json& node) const {
  if (evaluators_ == nullptr || !is_operation(node)) return nullptr;
  const auto& name = node.begin().value();
  if (node.begin().key() != "$ref" || !name.is_string()) return nullptr;
  const auto found = evaluators_->find(name.get_ref<const std::string&>());
  return found == evaluators_->end() ? nullptr : &*found;
}

bool references::copy(const json& from, json& to, bool shared) {
  if (budget_ == 0) return false;
  --budget_;
  const json* const rule = shared ? nullptr : referred(from);
  if (rule != nullptr) return copy(*rule, to, true);
  if (!from.is_structured()) {
    to = from;
    return true;
  }
  to = from.is_array() ? json::array() : json::object();
  for (const auto& [name, value] : from.items()) {
    json& place = from.is_array() ? to.emplace_back() : to[name];
    if (!copy(value, place, shared)) return false;
  }
  return true;
}

program compile(const json& rule) { return compiler().compile(rule); }

}  // namespace crossfade::flags::detail
