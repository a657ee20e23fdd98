#include "tool/situation.hpp"

#include "flags/store.hpp"

namespace crossfade::tool {
namespace {

flags::answer of_code(flags::reason reason, std::optional<flags::error_code> error = {}) {
  return {.value = {}, .variant = {}, .reason = reason, .error = error};
}

flags::answer overridden(const flags::flag* flag, std::string_view name) {
  if (flag == nullptr) return of_code(flags::reason::error, flags::error_code::flag_not_found);
  for (const flags::variant& variant : flag->variants) {
    if (variant.name == name) {
      return {variant.value, variant.name, flags::reason::static_value, {}};
    }
  }
  return of_code(flags::reason::error, flags::error_code::general);
}

}  // namespace

std::string_view to_string(decider decider) {
  switch (decider) {
    case decider::kill_switch:
      return "kill switch";
    case decider::environment:
      return "environment";
    case decider::file:
      return "file";
    case decider::code:
      break;
  }
  return "code's default";
}

situation::situation(const common& options) : overrides_(flags::overrides::from_environment()) {
  const flags::store store(options.file);
  try {
    const std::string text = store.read();
    content_hash_ = flags::content_hash(text);
    file_.emplace(flags::snapshot::parse(text, options.file.string()));
  } catch (const flags::flag_error& error) {
    file_error_ = error;
  }
  try {
    killed_ = store.killed();
  } catch (const flags::flag_error& error) {
    kill_error_ = error;
    killed_.all = true;
  }
}

const flags::snapshot& situation::file() const {
  if (!file_) throw flags::flag_error(*file_error_);
  return *file_;
}

decision situation::decide(std::string_view key, const flags::context& context) const {
  if (killed_.covers(key)) return {decider::kill_switch, of_code(flags::reason::disabled)};
  if (const auto variant = overrides_.variant_of(key)) {
    return {decider::environment, overridden(file().find(key), *variant)};
  }
  flags::answer answer = flags::ask(file(), key, context);
  return {answer.value ? decider::file : decider::code, std::move(answer)};
}

}  // namespace crossfade::tool
