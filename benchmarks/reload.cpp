#include "questions.hpp"

#include "flags/file.hpp"
#include "flags/snapshot.hpp"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

// One operation: one flag, of a file of a thousand that is loaded anew. Each tenth goes by
// percentage.
//
// The limit is to parse the text as JSON, into maps that nobody looks at.

namespace crossfade::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t flags_of_a_file = 1000;

std::string document(int percent) {
  std::string text = R"({"metadata": {"service": "benchmark"}, "flags": {)";
  for (std::size_t n = 0; n < flags_of_a_file; ++n) {
    if (n > 0) text += ',';
    text += "\n  \"subsystem-" + std::to_string(n) + R"(": {
    "state": "ENABLED",
    "variants": { "fiber": "fiber", "coro": "coro" },
    "defaultVariant": "fiber",
)";
    if (n % 10 == 0) {
      text += R"(    "targeting": { "fractional": [["coro", )" + std::to_string(percent) +
              R"(], ["fiber", )" + std::to_string(100 - percent) + "]] },\n";
    }
    text += R"(    "metadata": { "owner": "team", "remove_after": "1.0" } })";
  }
  return text + "}}";
}

template <class Load>
tally load_as_often(std::size_t operations, const Load& load) {
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; n += flags_of_a_file) result.count(load());
  result.stop();
  return result;
}

tally json_parse(std::size_t operations) {
  const std::string text = document(10);
  return load_as_often(operations, [&] { return nlohmann::json::parse(text).at("flags").size(); });
}

tally snapshot_parse(std::size_t operations) {
  const std::string text = document(10);
  return load_as_often(operations,
                       [&] { return flags::snapshot::parse(text, "flags.json").flags().size(); });
}

/// Two files, and a link that names one of them: what there is to reload need not be written first.
class two_files {
 public:
  two_files() {
    fs::create_directories(folder_);
    for (const int percent : {10, 20})
      std::ofstream(folder_ / std::to_string(percent)) << document(percent);
    point_at("10");
  }
  two_files(const two_files&) = delete;
  ~two_files() { fs::remove_all(folder_); }

  fs::path link() const { return folder_ / "flags.json"; }
  void swap() { point_at(now_ == "10" ? "20" : "10"); }

 private:
  void point_at(const std::string& name) {
    fs::create_symlink(name, folder_ / "next");
    fs::rename(folder_ / "next", link());
    now_ = name;
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("crossfade-reload-" + std::to_string(::getpid()));
  std::string now_;
};

tally file_reload(std::size_t operations) {
  using namespace std::chrono_literals;
  two_files files;
  flags::file file(files.link(), {.poll_interval = 1h, .quiet = 1h});
  return load_as_often(operations, [&] {
    files.swap();
    file.reload();
    return file.current()->flags().size();
  });
}

}  // namespace

void add_reload_rows(suite& rows) {
  constexpr std::size_t operations = 10 * flags_of_a_file;
  const auto add = [&](std::string_view name, enum part part, tally (*run)(std::size_t)) {
    rows.add("reload/a_flag_of_1000", {name, part, stack::either}, run, operations);
  };
  add("limit_json_parse", part::limit, json_parse);
  add("snapshot_parse", part::ours, snapshot_parse);
  add("file_reload", part::ours, file_reload);
}

}  // namespace crossfade::benchmarks
