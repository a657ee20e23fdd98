#include "python.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade::benchmarks {
namespace {

// The one that Debian's packages are for.
constexpr const char* python3 = "/usr/bin/python3";

struct python_model {
  implementation who;
  std::string_view script;  // in the folder
};

constexpr std::array python_models{
    python_model{{"gevent", part::python, stack::own}, "/gevent/patterns.py"},
    python_model{{"asyncio", part::python, stack::none}, "/asyncio/patterns.py"},
    python_model{{"uvloop", part::python, stack::none}, "/asyncio/patterns.py"},
};

struct python_question {
  std::string_view name;
  std::size_t operations;  // a tenth of a second or so: all of it is on top of the other rows
};

constexpr std::array python_questions{
    python_question{"yield/2_tasks", 100'000},
    python_question{"yield/1000_tasks", 200'000},
    python_question{"spawn_join/empty_task", 20'000},
    python_question{"uncontended_lock/lock_unlock", 100'000},
    python_question{"contended_lock/2_tasks", 50'000},
    python_question{"contended_lock/100_tasks", 50'000},
    python_question{"event_wake/one_way", 50'000},
    python_question{"queue_hop/one_way", 50'000},
    python_question{"timeout/alone", 20'000},
    python_question{"timeout/among_10000", 20'000},
    python_question{"socket/ping_pong", 10'000},
    python_question{"http/hello", 5'000},
};

struct said {
  std::string last_line;  // or of a traceback: there the error stands
  bool succeeded;
};

said ask_python(std::initializer_list<std::string_view> arguments) {
  std::string command = python3;
  command += " -B";
  for (const std::string_view argument : arguments) command.append(" '").append(argument) += '\'';
  command += " 2>&1";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> child(popen(command.c_str(), "r"), &pclose);
  if (child == nullptr) return {"no process could be started", false};
  std::string line;
  std::string last_line;
  for (int next = 0; (next = std::fgetc(child.get())) != EOF;) {
    if (next != '\n') {
      line += static_cast<char>(next);
    } else if (!line.empty()) {
      last_line = std::exchange(line, {});
    }
  }
  return {last_line, pclose(child.release()) == 0};
}

tally ask_question(std::string_view script, std::string_view model, std::string_view question,
                   std::size_t operations) {
  const said answer = ask_python({script, model, question, std::to_string(operations)});
  if (!answer.succeeded) throw std::runtime_error(answer.last_line);
  const double ns = std::stod(answer.last_line) * static_cast<double>(operations);
  return {operations, std::chrono::nanoseconds(static_cast<std::int64_t>(ns))};
}

// asyncio has the version of its Python.
said version_of(const std::string& module) {
  const std::string imports = "import sys, " + module + " as it; ";
  return ask_python(
      {"-c", imports + R"(print(getattr(it, "__version__", sys.version.split()[0])))"});
}

}  // namespace

void add_python_rows(suite& rows, const std::string& folder) {
  if (access(python3, X_OK) != 0) {
    std::cerr << python3 << " is not there: gevent, asyncio and uvloop are left out\n";
    return;
  }
  for (const auto& [who, file] : python_models) {
    const std::string name{who.name};
    const said version = version_of(name);
    if (!version.succeeded) {
      std::cerr << name << " is not installed: left out\n";
      continue;
    }
    benchmark::AddCustomContext(name, version.last_line);
    std::string script = folder;
    script += file;
    for (const auto& [question, operations] : python_questions) {
      const auto ask = [script, model = who.name, asked = question](std::size_t n) {
        return ask_question(script, model, asked, n);
      };
      rows.add_slow(std::string{question}, who, ask, operations);
    }
  }
}

}  // namespace crossfade::benchmarks
