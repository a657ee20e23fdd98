#include "flags/detail/rollout_rule.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <limits>
#include <utility>

namespace crossfade::flags::detail {
namespace {

constexpr std::int64_t max_sum = std::numeric_limits<std::int32_t>::max();

bool is_bucket(const json& node, std::string_view variant) {
  return node.is_array() && node.size() == 2 && node[0] == variant && node[1].is_number_integer();
}

/// The weight, if `fractional` takes it as it is.
std::optional<std::int64_t> weight(const json& bucket) {
  const auto weight = bucket[1].get<std::int64_t>();
  if (weight < 0 || weight > max_sum) return std::nullopt;
  return weight;
}

std::optional<rollout_rule> read_fractional(const json& arguments, const std::string& at) {
  if (!arguments.is_array()) return std::nullopt;
  const bool has_key = arguments.size() == 3 && !arguments[0].is_array();
  if (arguments.size() != 2 && !has_key) return std::nullopt;
  std::size_t coro = has_key ? 1 : 0;
  std::size_t fiber = coro + 1;
  if (is_bucket(arguments[coro], "fiber")) std::swap(coro, fiber);
  if (!is_bucket(arguments[coro], "coro") || !is_bucket(arguments[fiber], "fiber")) return {};
  const auto coros = weight(arguments[coro]);
  const auto fibers = weight(arguments[fiber]);
  if (!coros || !fibers) return std::nullopt;
  const std::int64_t sum = *coros + *fibers;
  if (sum == 0 || sum > max_sum) return std::nullopt;
  return rollout_rule{.coro = {*coros, sum},
                      .coro_weight = at + '/' + std::to_string(coro) + "/1",
                      .fiber_weight = at + '/' + std::to_string(fiber) + "/1"};
}

std::optional<rollout_rule> read(const json& rule, const std::string& at) {
  if (!rule.is_object() || rule.size() != 1) return std::nullopt;
  const std::string& operation = rule.begin().key();
  const json& arguments = rule.begin().value();
  if (operation == "fractional") return read_fractional(arguments, at + "/fractional");
  const bool ends_in_else = operation == "if" && arguments.is_array() && arguments.size() > 1 &&
                            arguments.size() % 2 == 1;
  if (!ends_in_else) return std::nullopt;
  return read(arguments.back(), at + "/if/" + std::to_string(arguments.size() - 1));
}

}  // namespace

std::optional<rollout_rule> read_rollout(const json& rule) { return read(rule, ""); }

json make_rollout(const share& coro) {
  return {{"fractional", json::array({json::array({"coro", coro.weight}),
                                      json::array({"fiber", coro.sum - coro.weight})})}};
}

}  // namespace crossfade::flags::detail
