#include "tool/inspect.hpp"

#include "tool/differences.hpp"
#include "tool/table.hpp"

#include "flags/difference.hpp"
#include "flags/snapshot.hpp"
#include "flags/store.hpp"
#include "flags/validate.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <iostream>
#include <optional>
#include <utility>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

std::optional<std::size_t> as_number(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

flags::snapshot of_version(const flags::store& store, std::size_t number) {
  return flags::snapshot::parse(store.read_version(number), "version " + std::to_string(number));
}

flags::snapshot side(const flags::store& store, const std::string& name) {
  if (const auto number = as_number(name)) return of_version(store, *number);
  return flags::snapshot::parse(flags::store(name).read(), name);
}

std::string utc(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string now_in_force(const flags::store& store) {
  try {
    return flags::content_hash(store.read());
  } catch (const flags::flag_error&) {
    return {};
  }
}

/// Where a version came from.
struct origin {
  std::string verb = "found";  // saved by something else than an edit
  std::string user = "-";
  std::string reason;
  std::string flags;
};

origin origin_of(const flags::saved_version& version, const std::vector<flags::audit_entry>& log) {
  const auto entry = std::find_if(log.rbegin(), log.rend(), [&](const flags::audit_entry& line) {
    return line.version == version.number && line.hash_after == version.hash;
  });
  if (entry == log.rend()) return {};
  origin found{entry->note.verb, entry->user + '@' + entry->host, entry->note.reason, {}};
  for (const auto& change : entry->note.changes) {
    found.flags += (found.flags.empty() ? "" : " ") + change.flag;
  }
  return found;
}

}  // namespace

status validate(const common& options) {
  const std::string name = options.file.string();
  const auto found = flags::validate(flags::store(options.file).read(), name);
  const auto errors = std::count_if(found.begin(), found.end(), [](const flags::violation& it) {
    return it.severity == flags::severity::error;
  });
  if (options.json) {
    json listed = json::array();
    for (const flags::violation& violation : found) {
      listed.push_back(
          {{"severity", violation.severity == flags::severity::error ? "error" : "warning"},
           {"pointer", violation.pointer},
           {"message", violation.message},
           {"why", violation.why}});
    }
    const json told{{"file", name}, {"valid", errors == 0}, {"violations", std::move(listed)}};
    std::cout << told.dump(2) << '\n';
  } else {
    for (const flags::violation& violation : found) std::cerr << to_string(violation) << '\n';
    if (errors == 0) std::cout << name << ": valid\n";
  }
  return errors == 0 ? status::ok : status::refused;
}

status diff(const common& options, const std::vector<std::string>& sides) {
  const flags::store store(options.file);
  const auto before =
      sides.empty() ? of_version(store, store.previous().number) : side(store, sides[0]);
  const auto after = side(store, sides.size() == 2 ? sides[1] : options.file.string());
  const auto found = flags::differences(before, after);
  if (options.json) {
    std::cout << to_array(found).dump(2) << '\n';
  } else {
    print(std::cout, found);
  }
  return found.empty() ? status::ok : status::refused;
}

status history(const common& options) {
  const flags::store store(options.file);
  const auto log = store.audit();
  std::string in_force = now_in_force(store);
  json listed = json::array();
  std::vector<row> rows{{"VERSION", "SAVED", "VERB", "FLAGS", "BY", "IN FORCE", "REASON"}};
  const auto versions = store.versions();
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    const origin origin = origin_of(*version, log);
    const bool current = version->hash == in_force;
    if (current) in_force.clear();  // an older one like it is not
    listed.push_back({{"version", version->number},
                      {"saved", utc(version->saved_at)},
                      {"verb", origin.verb},
                      {"flags", origin.flags},
                      {"by", origin.user},
                      {"reason", origin.reason},
                      {"content_hash", version->hash},
                      {"in_force", current}});
    rows.push_back({std::to_string(version->number), utc(version->saved_at), origin.verb,
                    origin.flags, origin.user, current ? "yes" : "", origin.reason});
  }
  if (options.json) {
    std::cout << listed.dump(2) << '\n';
  } else if (versions.empty()) {
    std::cout << "no versions yet: the first edit through this tool saves two\n";
  } else {
    print_table(std::cout, rows);
  }
  return status::ok;
}

}  // namespace crossfade::tool
