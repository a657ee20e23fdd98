#include "flags/detail/audit_line.hpp"

#include "flags/detail/json.hpp"

#include <nlohmann/json.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace crossfade::flags::detail {
namespace {

std::string now_in_utc() {
  using std::chrono::system_clock;
  const auto now = system_clock::now();
  const std::time_t seconds = system_clock::to_time_t(now);
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  const auto milliseconds = static_cast<int>(since_epoch.count() % 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", milliseconds);
  return text.data();
}

/// Who sits there: with sudo, not root.
std::string user_name() {
  const char* const caller = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (caller != nullptr && *caller != '\0') return caller;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) {
    return found->pw_name;
  }
  return std::to_string(::getuid());
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

json value_of(const std::string& text) { return text.empty() ? json() : json::parse(text); }

std::string text_of(const json& value) { return value.is_null() ? "" : value.dump(); }

}  // namespace

audit_entry entry_of_now(const audit_note& note) {
  return {.time = now_in_utc(),
          .user = user_name(),
          .host = host_name(),
          .note = note,
          .version = {},
          .hash_before = {},
          .hash_after = {}};
}

std::string to_line(const audit_entry& entry) {
  json changes = json::array();
  for (const audited_change& change : entry.note.changes) {
    changes.push_back({{"flag", change.flag},
                       {"before", value_of(change.before)},
                       {"after", value_of(change.after)}});
  }
  json line = {{"time", entry.time},
               {"user", entry.user},
               {"host", entry.host},
               {"verb", entry.note.verb},
               {"reason", entry.note.reason},
               {"version", nullptr},
               {"hash_before", entry.hash_before},
               {"hash_after", entry.hash_after},
               {"changes", std::move(changes)}};
  if (entry.version) line["version"] = *entry.version;
  // What a shell passed on as a reason need not be UTF-8.
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<audit_entry> from_line(std::string_view text) {
  try {
    const json line = json::parse(text);
    audit_entry entry{.time = line.at("time"),
                      .user = line.at("user"),
                      .host = line.at("host"),
                      .note = {line.at("verb"), line.at("reason"), {}},
                      .version = {},
                      .hash_before = line.at("hash_before"),
                      .hash_after = line.at("hash_after")};
    const json& version = line.at("version");
    if (!version.is_null()) entry.version = version.get<std::size_t>();
    for (const json& change : line.at("changes")) {
      entry.note.changes.push_back(
          {change.at("flag"), text_of(change.at("before")), text_of(change.at("after"))});
    }
    return entry;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace crossfade::flags::detail
