#include "flags/detail/scope.hpp"

#include "flags/detail/coercion.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

namespace crossfade::flags::detail {
namespace {

/// Takes what comes before the next dot, and the dot.
std::string_view take_step(std::string_view& path) {
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string_view step = path.substr(0, dot);
  path.remove_prefix(std::min(dot + 1, path.size()));
  return step;
}

datum item(std::span<const datum> items, std::string_view position) {
  const auto number = parse_number(position);
  const bool there = number && *number > -1 && *number < static_cast<double>(items.size());
  return there ? items[static_cast<std::size_t>(std::max(*number, 0.0))] : datum();
}

datum step_into(const datum& value, std::string_view step) {
  if (value.is(kind::object)) return find(value.members(), step);
  if (value.is(kind::list)) return item(value.items(), step);
  return {};
}

std::span<member> new_members(std::size_t count, std::pmr::memory_resource& memory) {
  void* const raw = memory.allocate(count * sizeof(member), alignof(member));
  return {new (raw) member[count], count};
}

}  // namespace

datum root_data::flagd(evaluation& with) const {
  // Only asked for where a rule looks at it: reading a clock is not for free.
  const auto now =
      now_.value_or(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  const auto members = new_members(2, with.memory);
  members[0] = {"flagKey", datum::text(flag_key_)};
  members[1] = {"timestamp", datum::number(static_cast<double>(now.time_since_epoch().count()))};
  return datum::object(members);
}

datum root_data::find(std::string_view name, evaluation& with) const {
  return name == "$flagd" ? flagd(with) : detail::find(members_, name);
}

datum root_data::whole(evaluation& with) const {
  const auto members = new_members(members_.size() + 1, with.memory);
  std::copy(members_.begin(), members_.end(), members.begin());
  members.back() = {"$flagd", flagd(with)};  // the last of a name counts
  return datum::object(members);
}

datum scope::member(std::string_view name, evaluation& with) const {
  if (root_ != nullptr) return root_->find(name, with);
  return data_.is(kind::object) ? find(data_.members(), name) : datum();
}

datum scope::flag_key(evaluation& with) const {
  return root_ != nullptr ? datum::text(root_->flag_key()) : at("$flagd.flagKey", with);
}

datum scope::at(std::string_view path, evaluation& with) const {
  bool entered = false;
  datum value;
  while (!path.empty()) {
    const std::string_view step = take_step(path);
    if (step.empty()) continue;
    if (!entered && root_ != nullptr) {
      value = root_->find(step, with);
    } else {
      value = step_into(entered ? value : data_, step);
    }
    entered = true;
    if (value.is(kind::null)) return value;
  }
  return entered ? value : whole(with);  // the path was nothing but dots
}

}  // namespace crossfade::flags::detail
