#include "flags/context.hpp"

#include "flags/detail/json.hpp"
#include "flags/errors.hpp"

#include <nlohmann/json.hpp>

#include <memory_resource>
#include <string>
#include <vector>

namespace crossfade::flags {

class context::owned {
 public:
  owned() = default;
  owned(const owned&) = delete;

  std::pmr::monotonic_buffer_resource memory;
  std::vector<detail::member> members;
};

context::context(std::string_view targeting_key, std::initializer_list<attribute> attributes) {
  std::shared_ptr<owned> many;
  if (attributes.size() >= capacity) many = std::make_shared<owned>();
  const auto add = [&](const detail::member& member) {
    if (many) {
      many->members.push_back(member);
    } else {
      std::construct_at(&few_[count_++], member);
    }
  };
  if (!targeting_key.empty()) add({"targetingKey", detail::datum::text(targeting_key)});
  for (const attribute& attribute : attributes) add(attribute.member_);
  owned_ = std::move(many);
}

context context::parse(std::string_view text) {
  const detail::json object = detail::parse_json(text, "context");
  if (!object.is_object()) throw flag_error("context", "", "is no object; expected one");
  auto kept = std::make_shared<owned>();
  const auto members = detail::to_datum(object, kept->memory).members();
  kept->members.assign(members.begin(), members.end());
  context result;
  result.owned_ = std::move(kept);
  return result;
}

std::span<const detail::member> context::members() const noexcept {
  if (owned_) return owned_->members;
  return {few_, count_};
}

}  // namespace crossfade::flags
