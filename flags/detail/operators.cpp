#include "flags/detail/operators.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/detail/fractional.hpp"
#include "flags/detail/sem_ver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <utility>
#include <vector>

namespace crossfade::flags::detail {
namespace {

using values = std::span<const datum>;

/// A list that lives as long as the evaluation, in whose memory the vector is and stays.
datum as_list(std::pmr::vector<datum>&& items, evaluation& with) {
  if (items.empty()) return datum::list({});
  std::pmr::polymorphic_allocator<datum> memory(&with.memory);
  datum* const kept = memory.allocate(items.size());
  std::uninitialized_copy(items.begin(), items.end(), kept);
  return datum::list({kept, items.size()});
}

// --- data

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

datum variable(const operands& given, const scope& data, evaluation& with) {
  datum path = given.values.empty() ? datum() : given.values[0];
  const bool has_default = given.is_list && given.values.size() == 2;
  if (path.is(kind::null)) return data.whole(with);
  if (path.is(kind::number)) path = datum::text(number_text(path.number(), with.memory));
  if (!path.is(kind::text)) return datum::failure();
  if (path.text().empty()) return data.whole(with);
  const datum found = data.at(path.text(), with);
  return found.is(kind::null) && has_default ? given.values[1] : found;
}

datum variable_of(const datum& name, const scope& data, evaluation& with) {
  if (name.is(kind::list)) return variable({name.items(), true}, data, with);
  return variable({{&name, 1}, false}, data, with);
}

/// Those of the names that there is nothing for; unset if one is no name.
std::optional<std::pmr::vector<datum>> names_missing(values names, const scope& data,
                                                     evaluation& with) {
  std::pmr::vector<datum> missing(&with.memory);
  for (const datum& name : names) {
    const datum found = variable_of(name, data, with);
    if (found.is(kind::failure)) return std::nullopt;
    if (found.is(kind::null)) missing.push_back(name);
  }
  return missing;
}

datum missing(const operands& given, const scope& data, evaluation& with) {
  values names = given.values;
  if (names.size() == 1 && names[0].is(kind::list)) names = names[0].items();
  auto result = names_missing(names, data, with);
  return result ? as_list(std::move(*result), with) : datum::failure();
}

/// The names of a list; a text is taken for the list of its characters, an object for that of its
/// members' names.
std::optional<std::pmr::vector<datum>> names_in(const datum& value, evaluation& with) {
  std::pmr::vector<datum> names(&with.memory);
  if (value.is(kind::list)) {
    names.assign(value.items().begin(), value.items().end());
  } else if (value.is(kind::text)) {
    std::string_view text = value.text();
    while (!text.empty()) {
      const auto next = std::find_if_not(text.begin() + 1, text.end(), continues_character);
      const auto size = static_cast<std::size_t>(next - text.begin());
      names.push_back(datum::text(text.substr(0, size)));
      text.remove_prefix(size);
    }
  } else if (value.is(kind::object)) {
    for (const member& member : value.members()) names.push_back(datum::text(member.name));
  } else {
    return std::nullopt;
  }
  return names;
}

datum missing_some(const operands& given, const scope& data, evaluation& with) {
  if (!given.is_list || given.values.size() < 2) return datum::failure();
  const datum& needed = given.values[0];
  const auto names = names_in(given.values[1], with);
  if ((!needed.is(kind::number) && !needed.is(kind::boolean)) || !names) return datum::failure();
  auto result = names_missing(*names, data, with);
  if (!result) return datum::failure();
  const auto found = static_cast<double>(names->size() - result->size());
  if (found >= loose_number(needed)) return datum::list({});
  return as_list(std::move(*result), with);
}

// --- logic and comparison

bool is_true(const operands& given) { return !given.values.empty() && truthy(given.values[0]); }

datum negation(const operands& given, const scope&, evaluation&) {
  return datum::boolean(!is_true(given));
}

datum truth(const operands& given, const scope&, evaluation&) {
  return datum::boolean(is_true(given));
}

template <bool (*Test)(const datum&, const datum&) noexcept, bool Wanted>
datum equality(const operands& given, const scope&, evaluation&) {
  const bool holds = given.values.size() >= 2 && Test(given.values[0], given.values[1]);
  return datum::boolean(holds == Wanted);
}

template <bool Wanted>
datum loose_equality(const operands& given, const scope& data, evaluation& with) {
  if (!given.is_list) return datum::failure();
  return equality<loosely_equal, Wanted>(given, data, with);
}

bool is_less(const datum& a, const datum& b) { return less(a, b); }
bool is_greater(const datum& a, const datum& b) { return less(b, a); }
bool is_at_most(const datum& a, const datum& b) { return less(a, b) || loosely_equal(a, b); }
bool is_at_least(const datum& a, const datum& b) { return less(b, a) || loosely_equal(a, b); }

template <bool (*Test)(const datum&, const datum&)>
datum order(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return datum::failure();
  const values v = given.values;
  const bool holds = v.size() >= 2 && Test(v[0], v[1]) && (v.size() != 3 || Test(v[1], v[2]));
  return datum::boolean(holds);
}

// --- arithmetic

/// Folds the numbers into one, the first of which is `start` if that is given.
template <class Fold>
datum fold(const operands& given, std::optional<double> start, Fold next) {
  std::optional<double> result = start;
  for (const datum& value : given.values) {
    const auto number = arithmetic_number(value);
    if (!number) return datum::failure();
    result = result ? next(*result, *number) : *number;
  }
  return result ? datum::number(*result) : datum();
}

datum sum(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return fold(given, std::nullopt, std::plus<>());
  return fold(given, 0, std::plus<>());
}

datum difference(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return datum::failure();
  if (given.values.empty()) return datum::number(0);
  const datum result = fold(given, std::nullopt, std::minus<>());
  const bool negates = given.values.size() == 1 && result.is(kind::number);
  return negates ? datum::number(-result.number()) : result;
}

datum product(const operands& given, const scope&, evaluation&) {
  return given.is_list ? fold(given, 1, std::multiplies<>()) : datum::failure();
}

datum quotient(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return datum::failure();
  if (given.values.empty()) return datum::number(0);
  return fold(given, std::nullopt, std::divides<>());
}

datum remainder(const operands& given, const scope&, evaluation&) {
  if (!given.is_list || given.values.size() < 2) return datum::failure();
  const operands two = {given.values.first(2), true};
  return fold(two, std::nullopt, [](double a, double b) { return std::fmod(a, b); });
}

datum maximum(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return datum::failure();
  return fold(given, std::nullopt, [](double a, double b) { return b > a ? b : a; });
}

datum minimum(const operands& given, const scope&, evaluation&) {
  if (!given.is_list) return datum::failure();
  return fold(given, std::nullopt, [](double a, double b) { return b < a ? b : a; });
}

// --- texts and lists

/// The value as a piece of a text; unset if it is none.
std::optional<std::string_view> piece(const datum& value, evaluation& with) {
  if (value.is(kind::null)) return "";
  if (value.is(kind::text)) return value.text();
  if (value.is(kind::number)) return number_text(value.number(), with.memory);
  return std::nullopt;
}

datum concatenation(const operands& given, const scope&, evaluation& with) {
  if (!given.is_list) return given.values[0].is(kind::text) ? given.values[0] : datum::failure();
  std::pmr::vector<std::string_view> pieces(&with.memory);
  pieces.reserve(given.values.size());
  for (const datum& value : given.values) {
    const auto text = piece(value, with);
    if (!text) return datum::failure();
    pieces.push_back(*text);
  }
  const std::string_view text = joined(pieces, with.memory);
  return datum::text(pieces.size() > 1 ? trimmed(text) : text);
}

/// Where the code point of that number begins.
std::size_t byte_position(std::string_view text, double code_point) {
  std::size_t at = 0;
  for (; code_point > 0 && at < text.size(); --code_point) {
    do {
      ++at;
    } while (at < text.size() && continues_character(text[at]));
  }
  return at;
}

datum substring(const operands& given, const scope&, evaluation& with) {
  if (!given.is_list || given.values.size() < 2) return datum::failure();
  const auto text = piece(given.values[0], with);
  const auto first = arithmetic_number(given.values[1]);
  if (!text || !first || !std::isfinite(*first)) return datum::failure();
  const auto size =
      static_cast<double>(text->size() - static_cast<std::size_t>(std::count_if(
                                             text->begin(), text->end(), continues_character)));
  const double wanted = std::trunc(*first);
  const double start = wanted < 0 ? wanted + size : wanted;
  if (start < 0 || start > size) return datum::text(*text);
  const auto length =
      given.values.size() == 3 ? arithmetic_number(given.values[2]) : std::optional(HUGE_VAL);
  if (!length || std::isnan(*length)) return datum::failure();
  const double count = std::trunc(*length);
  const double stop = std::min(count < 0 ? size + count : start + count, size);
  if (stop < start) return datum::failure();
  const std::size_t from = byte_position(*text, start);
  const std::size_t to = byte_position(*text, stop);
  return datum::text(text->substr(from, to - from));
}

/// Whether the needle is within the range that the list stands for; unset if these are no numbers.
std::optional<bool> within(const datum& needle, values range) {
  if (range.size() < 2) return false;
  const auto low = arithmetic_number(range[0]);
  const auto number = arithmetic_number(needle);
  if (!low || !number) return std::nullopt;
  if (!(*low <= *number)) return false;
  const auto high = arithmetic_number(range[1]);
  return high ? std::optional(*number <= *high) : std::nullopt;
}

std::optional<bool> matches(const datum& needle, const datum& item) {
  if (item.is(kind::list)) return within(needle, item.items());  // an extension of flagd's
  if (needle.is(kind::number)) {
    const auto number = arithmetic_number(item);
    return number ? std::optional(*number == needle.number()) : std::nullopt;
  }
  return !needle.is(kind::list) && !needle.is(kind::object) && strictly_equal(needle, item);
}

datum contained(const operands& given, const scope&, evaluation&) {
  if (!given.is_list || given.values.empty()) return datum::failure();
  if (given.values.size() < 2) return datum::boolean(false);
  const datum& needle = given.values[0];
  const datum& haystack = given.values[1];
  if (haystack.is(kind::text)) {
    if (!needle.is(kind::text)) return datum::failure();
    return datum::boolean(haystack.text().find(needle.text()) != std::string_view::npos);
  }
  if (!haystack.is(kind::list)) return datum::boolean(false);
  for (const datum& item : haystack.items()) {
    const auto found = matches(needle, item);
    if (!found) return datum::failure();
    if (*found) return datum::boolean(true);
  }
  return datum::boolean(false);
}

datum merged(const operands& given, const scope&, evaluation& with) {
  std::pmr::vector<datum> items(&with.memory);
  for (const datum& value : given.values) {
    if (value.is(kind::list)) {
      items.insert(items.end(), value.items().begin(), value.items().end());
    } else {
      items.push_back(value);
    }
  }
  return as_list(std::move(items), with);
}

// --- flagd's own: what they cannot use gives null

bool are_two_texts(const operands& given) {
  const values v = given.values;
  return given.is_list && v.size() == 2 && v[0].is(kind::text) && v[1].is(kind::text);
}

datum begins(const operands& given, const scope&, evaluation&) {
  if (!are_two_texts(given)) return {};
  return datum::boolean(given.values[0].text().starts_with(given.values[1].text()));
}

datum ends(const operands& given, const scope&, evaluation&) {
  if (!are_two_texts(given)) return {};
  return datum::boolean(given.values[0].text().ends_with(given.values[1].text()));
}

std::optional<version> as_version(const datum& value, evaluation& with) {
  if (value.is(kind::text)) return version::parse(value.text());
  if (value.is(kind::number)) return version::parse(number_text(value.number(), with.memory));
  return std::nullopt;
}

datum version_comparison(const operands& given, const scope&, evaluation& with) {
  if (!given.is_list || given.values.size() != 3) return {};
  const auto a = as_version(given.values[0], with);
  const auto b = as_version(given.values[2], with);
  if (!a || !b || !given.values[1].is(kind::text)) return {};
  const auto verdict = compare(*a, given.values[1].text(), *b);
  return verdict ? datum::boolean(*verdict) : datum();
}

datum distribution(const operands& given, const scope& data, evaluation& with) {
  return given.is_list ? fractional(given.values, data, with) : datum();
}

constexpr std::array<std::pair<std::string_view, operation>, 28> operations = {{
    {"var", variable},
    {"missing", missing},
    {"missing_some", missing_some},
    {"!", negation},
    {"!!", truth},
    {"==", loose_equality<true>},
    {"!=", loose_equality<false>},
    {"===", equality<strictly_equal, true>},
    {"!==", equality<strictly_equal, false>},
    {"<", order<is_less>},
    {"<=", order<is_at_most>},
    {">", order<is_greater>},
    {">=", order<is_at_least>},
    {"+", sum},
    {"-", difference},
    {"*", product},
    {"/", quotient},
    {"%", remainder},
    {"max", maximum},
    {"min", minimum},
    {"cat", concatenation},
    {"substr", substring},
    {"in", contained},
    {"merge", merged},
    {"starts_with", begins},
    {"ends_with", ends},
    {"sem_ver", version_comparison},
    {"fractional", distribution},
}};

}  // namespace

operation find_operation(std::string_view name) noexcept {
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == operations.end() ? nullptr : found->second;
}

}  // namespace crossfade::flags::detail
