#include "flags/store.hpp"

#include "flags/detail/atomic_file.hpp"
#include "flags/detail/audit_line.hpp"
#include "flags/detail/contents.hpp"
#include "flags/difference.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace crossfade::flags {
namespace {

namespace fs = std::filesystem;

/// The file behind the links, which may not be there yet.
fs::path real_path(const fs::path& file) { return fs::weakly_canonical(fs::absolute(file)); }

bool loads(const std::string& text) {
  try {
    snapshot::parse(text, "");
    return true;
  } catch (const flag_error&) {
    return false;
  }
}

bool holds(const fs::path& file, const std::string& text) {
  try {
    return detail::read_if_there(file) == text;
  } catch (const std::system_error&) {
    return false;
  }
}

std::optional<std::size_t> version_number(const fs::path& path) {
  if (path.extension() != ".json") return std::nullopt;
  const std::string stem = path.stem().string();
  std::size_t number = 0;
  const char* const end = stem.data() + stem.size();
  const auto read = std::from_chars(stem.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

std::string versions_text(const std::vector<saved_version>& versions) {
  if (versions.empty()) return "none";
  const std::string first = std::to_string(versions.front().number);
  return versions.size() == 1 ? first : first + " to " + std::to_string(versions.back().number);
}

}  // namespace

std::string content_hash(std::string_view text) { return detail::hash(text); }

std::vector<audited_change> audited_changes(const snapshot& before, const snapshot& after) {
  std::vector<audited_change> changes;
  const auto text_in = [](const snapshot& flags, const std::string& key) {
    const flag* const found = flags.find(key);
    return found != nullptr ? to_json(*found) : std::string();
  };
  for (const std::string& key : changed_keys(before, after))
    changes.push_back({key, text_in(before, key), text_in(after, key)});
  return changes;
}

audited_change audited_kill(std::string_view key, bool killed) {
  const std::string yes = R"({"killed":true})";
  const std::string no = R"({"killed":false})";
  return {std::string(key), killed ? no : yes, killed ? yes : no};
}

store::store(fs::path file, store_options options)
    : file_(std::move(file)), options_(std::move(options)) {}

std::string store::read() const { return detail::read_contents(file_, file_.string()).bytes; }

std::size_t store::replace(const std::string& base, const std::string& text,
                           const audit_note& note) {
  const fs::path real = real_path(file_);
  try {
    const detail::folder_lock lock(real.parent_path());
    keep_leftovers(real);
    audit_entry entry = detail::entry_of_now(note);
    entry.hash_before = detail::hash(base);
    entry.hash_after = detail::hash(text);
    // Before the edit, so that there is a way back.
    const auto versions = this->versions();
    const bool is_saved = !versions.empty() && read_version(versions.back().number) == base;
    if (!is_saved && read() == base) save_version(base);
    // Opened first: what cannot be audited is not made.
    const detail::line_log log(beside(".audit.jsonl"), real);
    const auto outcome = detail::replace_file(real, base, text, {.before = options_.before_step});
    if (outcome != detail::replaced::yes) {
      throw edit_conflict(file_.string(), "",
                          "was changed by somebody else meanwhile; nothing was changed. Look at "
                          "it, and edit it again");
    }
    entry.version = save_version(text);
    log.append(detail::to_line(entry));
    forget_old_versions();
    return *entry.version;
  } catch (const std::system_error& error) {
    throw flag_error(
        file_.string(), "",
        std::string("cannot be edited: ") + error.what() +
            (holds(real, text) ? "; the edit is in force, but its version or its line in the "
                                 "audit log is missing"
                               : "; nothing was changed"));
  }
}

std::vector<saved_version> store::versions() const {
  std::vector<saved_version> found;
  const fs::path folder = beside(".history");
  if (!fs::is_directory(folder)) return found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto number = version_number(entry.path());
    const auto text = number ? detail::read_if_there(entry.path()) : std::nullopt;
    if (!text) continue;
    const auto since = entry.last_write_time() - fs::file_time_type::clock::now();
    const auto saved_at = std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(since);
    found.push_back({*number, detail::hash(*text), saved_at});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return found;
}

std::string store::read_version(std::size_t number) const {
  if (auto text = detail::read_if_there(version_path(number))) return *std::move(text);
  throw flag_error(
      beside(".history").string(), "",
      "has no version " + std::to_string(number) + "; there are: " + versions_text(versions()));
}

saved_version store::previous() const {
  const std::string now = detail::hash(read());
  const auto versions = this->versions();
  const auto found = std::find_if(versions.rbegin(), versions.rend(), [&](const auto& version) {
    return version.hash != now && loads(read_version(version.number));
  });
  if (found != versions.rend()) return *found;
  throw flag_error(beside(".history").string(), "",
                   "has no version that loads and is not as the file is now; expected one that an "
                   "edit has left");
}

std::optional<std::string> store::kill_text() const {
  const fs::path path = kill_file();
  try {
    return detail::read_if_there(path);
  } catch (const std::system_error& error) {
    throw flag_error(path.string(), "", std::string("cannot be read: ") + error.what());
  }
}

kill_switch store::killed() const {
  const auto text = kill_text();
  return text ? kill_switch::parse(*text, kill_file().string()) : kill_switch();
}

std::optional<std::string> store::change_killed(
    const std::function<kill_switch(const std::optional<std::string>& text)>& change,
    const audit_note& note) {
  const fs::path path = kill_file();
  try {
    const fs::path real = real_path(path);
    const detail::folder_lock lock(real.parent_path());
    const auto before = detail::read_if_there(real);
    const auto after = change(before).to_text();
    bool done = true;
    if (after) {
      done = detail::replace_file(real, before, *after, {.before = options_.before_step}) ==
             detail::replaced::yes;
    } else if (before) {
      done = detail::remove_file(path, *before);
    }
    if (!done) {
      throw edit_conflict(path.string(), "", "was changed by somebody else meanwhile; try again");
    }
    audit_entry entry = detail::entry_of_now(note);
    entry.hash_before = before ? detail::hash(*before) : "";
    entry.hash_after = after ? detail::hash(*after) : "";
    try {
      const detail::line_log log(beside(".audit.jsonl"), file_);
      log.append(detail::to_line(entry));
      return std::nullopt;
    } catch (const std::system_error& error) {
      return error.what();
    }
  } catch (const std::system_error& error) {
    throw flag_error(path.string(), "", std::string("cannot be changed: ") + error.what());
  }
}

std::vector<audit_entry> store::audit() const {
  std::vector<audit_entry> entries;
  const std::string text = detail::read_if_there(beside(".audit.jsonl")).value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (auto entry = detail::from_line(line)) entries.push_back(*std::move(entry));
  }
  return entries;
}

fs::path store::beside(std::string_view suffix) const {
  fs::path path = fs::absolute(file_);
  path += suffix;
  return path;
}

fs::path store::version_path(std::size_t number) const {
  const std::string digits = std::to_string(number);
  constexpr std::size_t width = 6;
  const std::string zeros(digits.size() < width ? width - digits.size() : 0, '0');
  return beside(".history") / (zeros + digits + ".json");
}

/// A crash may have left what somebody saved in the instant before.
void store::keep_leftovers(const fs::path& real) const {
  for (const fs::path& left : detail::leftovers(real)) {
    const auto text = detail::read_if_there(left);
    const auto versions = this->versions();
    const bool is_known = text && std::any_of(versions.begin(), versions.end(), [&](const auto& v) {
                            return v.hash == detail::hash(*text);
                          });
    if (text && !is_known && loads(*text)) {
      fs::create_directories(beside(".history"));
      const fs::path kept = beside(".history") / ("left-by-a-crash-" + detail::hash(*text));
      detail::replace_file(kept, detail::read_if_there(kept), *text, {.like = file_});
    }
    fs::remove(left);
  }
}

std::size_t store::save_version(const std::string& text) const {
  const fs::path folder = beside(".history");
  fs::create_directories(folder);
  const auto versions = this->versions();
  const std::size_t number = versions.empty() ? 1 : versions.back().number + 1;
  const fs::path path = version_path(number);
  for (const fs::path& left : detail::leftovers(path)) fs::remove(left);
  detail::replace_file(path, std::nullopt, text, {.like = file_});
  return number;
}

void store::forget_old_versions() const {
  const auto versions = this->versions();
  for (std::size_t i = 0; i + std::max<std::size_t>(options_.keep, 2) < versions.size(); ++i) {
    fs::remove(version_path(versions[i].number));
  }
}

}  // namespace crossfade::flags
