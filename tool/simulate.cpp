#include "tool/simulate.hpp"

#include "tool/table.hpp"

#include "flags/editor.hpp"
#include "flags/simulation.hpp"
#include "flags/store.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <utility>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

struct setting {
  std::string name;
  std::vector<std::string> assigned;
};

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> keys_of(const simulation& simulation) {
  std::vector<std::string> keys;
  if (simulation.keys == "-") {
    keys = lines_of(std::cin);
  } else if (!simulation.keys.empty()) {
    std::ifstream file(simulation.keys);
    if (!file) throw flags::flag_error(simulation.keys, "", "cannot be read");
    keys = lines_of(file);
  }
  for (std::size_t i = 1; i <= simulation.count; ++i) keys.push_back("key-" + std::to_string(i));
  if (keys.empty()) {
    throw flags::flag_error(simulation.keys, "", "has no keys; expected one a line");
  }
  return keys;
}

std::string text_of(std::size_t part, std::size_t whole) {
  const flags::share share{static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole)};
  return std::to_string(part) + " (" + share.to_text() + ')';
}

std::vector<setting> settings_of(const common& options, const simulation& simulation,
                                 const std::vector<std::string>& keys) {
  flags::editor editor(flags::store(options.file).read(), options.file.string());
  static_cast<void>(editor.current().at(simulation.flag));  // refuses a misspelt one
  std::vector<setting> settings{
      {"as it is", flags::assign(editor.current(), simulation.flag, keys)}};
  const auto rule = simulation.force ? flags::by_hand::replace : flags::by_hand::keep;
  for (const flags::share& share : simulation.shares) {
    editor.set_rollout(simulation.flag, share, rule);
    settings.push_back({share.to_text(), flags::assign(editor.current(), simulation.flag, keys)});
  }
  return settings;
}

std::set<std::string> variants_in(const std::vector<setting>& settings) {
  std::set<std::string> names;
  for (const setting& setting : settings) {
    names.insert(setting.assigned.begin(), setting.assigned.end());
  }
  return names;
}

json to_object(const std::map<std::string, std::size_t>& counts) {
  json result = json::object();
  for (const auto& [name, number] : counts) {
    result[name.empty() ? "(the code's default)" : name] = number;
  }
  return result;
}

}  // namespace

status simulate(const common& options, const simulation& simulation) {
  const auto keys = keys_of(simulation);
  std::vector<setting> settings;
  try {
    settings = settings_of(options, simulation, keys);
  } catch (const flags::foreign_rule& error) {
    std::cerr << error.what() << "; --force simulates without it\n";
    return status::refused;
  }
  const auto names = variants_in(settings);
  row heads{"SETTING"};
  for (const std::string& name : names)
    heads.push_back(name.empty() ? "(the code's default)" : name);
  heads.insert(heads.end(), {"INTO CORO", "OUT OF CORO"});
  std::vector<row> rows{heads};
  json told = json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const auto& [name, assigned] = settings[i];
    const auto counts = flags::count(assigned);
    const auto before = i == 0 ? assigned : settings[i - 1].assigned;
    const flags::movement moved = flags::moved(before, assigned, "coro");
    told.push_back({{"setting", name},
                    {"keys", keys.size()},
                    {"counts", to_object(counts)},
                    {"moved_in", moved.in},
                    {"moved_out", moved.out}});
    row line{name};
    for (const std::string& variant : names) {
      const auto found = counts.find(variant);
      line.push_back(text_of(found == counts.end() ? 0 : found->second, keys.size()));
    }
    line.push_back(i == 0 ? "" : std::to_string(moved.in));
    line.push_back(i == 0 ? "" : std::to_string(moved.out));
    rows.push_back(line);
  }
  if (options.json) {
    std::cout << told.dump(2) << '\n';
  } else {
    print_table(std::cout, rows);
  }
  return status::ok;
}

}  // namespace crossfade::tool
