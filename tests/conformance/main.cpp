// conformance: runs scenario files and compares the traces.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "asyncio.hpp"
#include "gevent.hpp"

namespace conformance {

namespace {

using nlohmann::json;

constexpr unsigned most_seconds = 20;  // of real time, for one scenario

using runner = json (*)(const json&);
const std::map<std::string, runner, std::less<>> runners{{"asyncio", &run_asyncio},
                                                         {"gevent", &run_gevent}};

struct options {
  std::string name;  // only scenarios whose name contains it
  bool show_trace = false;
  std::vector<std::string> files;
};

struct counts {
  int passed = 0;
  int failed = 0;
};

// What became of one scenario: {"trace": ...} or {"invalid": "why"}.
json run(const json& scenario) {
  try {
    const auto found = runners.find(scenario.at("model").get<std::string>());
    if (found == runners.end()) return {{"invalid", "unknown model"}};
    return {{"trace", found->second(scenario)}};
  } catch (const std::exception& error) {
    return {{"invalid", error.what()}};
  } catch (...) {
    return {{"invalid", "an unknown exception"}};
  }
}

// Runs scenarios one after the other in a process of its own, which writes a line for each. It may
// die or hang in one; then that one has failed and another process goes on with the next.
class isolated {
 public:
  explicit isolated(const std::vector<json>& scenarios) : scenarios_(scenarios) {}
  ~isolated() { stop(); }
  isolated(const isolated&) = delete;
  isolated& operator=(const isolated&) = delete;

  json result_of(std::size_t index) {
    if (answers_ == nullptr) start(index);
    std::string line;
    for (int c; (c = std::fgetc(answers_)) != EOF && c != '\n';) line += static_cast<char>(c);
    if (!line.empty()) return json::parse(line);
    stop();
    return {{"invalid", "died, or took too long"}};
  }

 private:
  void start(std::size_t first) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
    std::fflush(nullptr);
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork failed");
    if (child_ == 0) {
      ::close(ends[0]);
      FILE* const out = ::fdopen(ends[1], "w");
      for (std::size_t i = first; i < scenarios_.size(); ++i) {
        ::alarm(most_seconds);
        std::fprintf(out, "%s\n", run(scenarios_[i]).dump().c_str());
        std::fflush(out);
      }
      std::fclose(out);
      std::exit(0);  // a sanitizer looks for leaks here
    }
    ::close(ends[1]);
    answers_ = ::fdopen(ends[0], "r");
  }
  void stop() {
    if (answers_ == nullptr) return;
    std::fclose(answers_);
    answers_ = nullptr;
    int status = 0;
    ::waitpid(child_, &status, 0);
    clean_ = clean_ && status == 0;
  }

  const std::vector<json>& scenarios_;
  FILE* answers_ = nullptr;
  pid_t child_ = 0;
  bool clean_ = true;

 public:
  /// All processes have ended well.
  bool finish() {
    stop();
    return clean_;
  }
};

void print(const char* mark, const json& entry) {
  std::printf("    %s %s\n", mark, entry.dump().c_str());
}

// The first place where the traces differ, and what led to it.
void print_difference(const json& expected, const json& actual) {
  constexpr std::size_t shown = 4;
  std::size_t at = 0;
  while (at < expected.size() && at < actual.size() && expected[at] == actual[at]) ++at;
  for (std::size_t i = at > shown ? at - shown : 0; i < at; ++i) print(" ", expected[i]);
  for (std::size_t i = at; i < std::min(at + shown, expected.size()); ++i) print("-", expected[i]);
  for (std::size_t i = at; i < std::min(at + shown, actual.size()); ++i) print("+", actual[i]);
}

std::vector<json> load(const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw std::runtime_error("is a folder; expected a .json or .jsonl file");
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot be read");
  if (!path.ends_with(".jsonl")) return {json::parse(in)};
  std::vector<json> all;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) all.push_back(json::parse(line));
  }
  if (all.empty()) throw std::runtime_error("has no scenario; expected one in each line");
  return all;
}

void run_file(const std::string& path, const options& o, counts& sum) {
  std::vector<json> scenarios;
  try {
    scenarios = load(path);
  } catch (const std::exception& error) {
    std::printf("FAIL %s: %s\n", path.c_str(), error.what());
    ++sum.failed;
    return;
  }
  std::erase_if(scenarios, [&](const json& s) {
    return s.value("name", std::string()).find(o.name) == std::string::npos;
  });
  const std::string file = std::filesystem::path(path).filename();
  isolated child(scenarios);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const json& scenario = scenarios[i];
    const json result = child.result_of(i);
    const std::string label = scenario.value("name", std::string("?")) + " (" + file + ")";
    const json expected = scenario.value("trace", json::array());
    const json trace = result.value("trace", json::array());
    if (o.show_trace) {
      std::printf("== %s\n", label.c_str());
      for (const json& entry : trace) std::printf("  %s\n", entry.dump().c_str());
    }
    if (result.contains("invalid")) {
      std::printf("FAIL %s: %s\n", label.c_str(), result["invalid"].get<std::string>().c_str());
      ++sum.failed;
    } else if (trace != expected) {
      std::printf("FAIL %s\n", label.c_str());
      print_difference(expected, trace);
      ++sum.failed;
    } else {
      ++sum.passed;
    }
  }
  if (!child.finish()) {
    std::printf("FAIL %s: a process that ran scenarios of it ended badly\n", file.c_str());
    ++sum.failed;
  }
}

int usage() {
  std::fprintf(stderr, "usage: crossfade_conformance [--name TEXT] [--trace] FILE...\n");
  return 2;
}

int run_all(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--trace") {
      o.show_trace = true;
    } else if (argument == "--name" && i + 1 < argc) {
      o.name = argv[++i];
    } else if (argument.starts_with("-")) {
      return usage();
    } else {
      o.files.emplace_back(argument);
    }
  }
  if (o.files.empty()) return usage();
  counts sum;
  for (const std::string& file : o.files) run_file(file, o, sum);
  std::printf("%d passed, %d failed\n", sum.passed, sum.failed);
  return sum.failed > 0 ? 1 : 0;
}

}  // namespace

}  // namespace conformance

int main(int argc, char** argv) { return conformance::run_all(argc, argv); }
