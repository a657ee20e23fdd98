#include "tool/situation.hpp"

#include "flags/store.hpp"

namespace crossfade::tool {
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

situation::situation(const common& options) {
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
  if (!file_) return;
  in_force_ = file_->forced(killed_, flags::overrides::from_environment(), refused_overrides_);
}

const flags::snapshot& situation::file() const {
  if (!file_) throw flags::flag_error(*file_error_);
  return *file_;
}

std::optional<std::string> situation::override_of(std::string_view key) const {
  const flags::flag* const flag = in_force_.find(key);
  if (flag == nullptr || flag->decided_by != flags::authority::environment) return std::nullopt;
  return flag->variants[*flag->default_variant].name;
}

decision situation::decide(std::string_view key, const flags::context& context) const {
  // Also where the file is broken, or has no such flag.
  if (killed_.covers(key)) {
    return {decider::kill_switch,
            {.value = {}, .variant = {}, .reason = flags::reason::disabled, .error = {}}};
  }
  file();  // there is one
  flags::answer answer = flags::ask(in_force_, key, context);
  if (override_of(key)) return {decider::environment, std::move(answer)};
  return {answer.value ? decider::file : decider::code, std::move(answer)};
}

}  // namespace crossfade::tool
