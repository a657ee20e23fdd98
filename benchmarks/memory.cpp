#include "memory.hpp"
#include "implementations/all.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

// One operation: a task is spawned, runs, and waits for an event that all others wait for.
//
// Of the growth, the large counts say what a task takes. What is resident is counted in pages, and
// an implementation takes its memory in advance, for many tasks or once for all: of 10 tasks each
// bears a tenth of that, or nothing if it fits into a page that was there. So the small counts say
// what a program pays that has few tasks, and differ from run to run.

namespace crossfade::benchmarks {
namespace {

struct usage {
  double resident = 0;
  double tables = 0;
  double time = 0;
};

double bytes_in(const char* file, std::string_view field) {
  std::ifstream words(file);
  double kilobytes = 0;
  for (std::string word; words >> word;) {
    if (word == field) {
      words >> kilobytes;
      break;
    }
  }
  return kilobytes * 1024;
}

usage usage_now() {
  usage now;
  // Without the program's own pages, which come as it runs. Not from statm: there each processor
  // may keep some hundred kilobytes to itself for a while.
  now.resident = bytes_in("/proc/self/smaps_rollup", "Anonymous:");
  now.tables = bytes_in("/proc/self/status", "VmPTE:");
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  now.time = static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  return now;
}

/// Measures from when it is made to when the last task has come.
class gauge {
 public:
  explicit gauge(std::size_t tasks) : tasks_(tasks) {}

  /// A task is about to wait. True: it is the last, and must wake the others instead.
  bool last_has_come() {
    if (++result_.tasks < tasks_) return false;
    const usage now = usage_now();
    const auto n = static_cast<double>(tasks_);
    result_.resident = (now.resident - before_.resident) / n;
    result_.tables = (now.tables - before_.tables) / n;
    result_.time = (now.time - before_.time) / n;
    return true;
  }
  /// `place` lies in the task's frame. Frames that are made one after the other lie side by side.
  void frame_at(const void* place) {
    const auto address = reinterpret_cast<std::uintptr_t>(place);
    if (address > previous_frame_) {
      const auto distance = static_cast<double>(address - previous_frame_);
      result_.frame = result_.frame == 0 ? distance : std::min(result_.frame, distance);
    }
    previous_frame_ = address;
  }
  const footprint& result() const { return result_; }

 private:
  const std::size_t tasks_;
  const usage before_ = usage_now();
  footprint result_;
  std::uintptr_t previous_frame_ = 0;
};

// Whoever wakes wakes the next: an implementation's event may wake one at a time.
template <class Implementation>
footprint park_all(std::size_t tasks) {
  Implementation implementation;
  typename Implementation::event wake{implementation};
  gauge measured(tasks);
  implementation.run(tasks, [&](auto& self, std::size_t) {
    if (!measured.last_has_come()) wake.wait(self);
    wake.set();
  });
  return measured.result();
}

template <coroutine_text Implementation>
footprint park_all(std::size_t tasks) {
  Implementation implementation;
  typename Implementation::event wake{implementation};
  gauge measured(tasks);
  implementation.run(tasks, [&](auto& self, std::size_t i) -> typename Implementation::task {
    measured.frame_at(&i);
    if (!measured.last_has_come()) co_await wake.wait(self);
    wake.set();
  });
  return measured.result();
}

template <class Implementation>
parking row(std::size_t tasks, std::size_t at_most = 0) {
  return {Implementation::who, tasks, at_most,
          [](std::size_t n) { return park_all<Implementation>(n); }};
}

void measure(benchmark::State& state, const parking& row) {
  const std::string command =
      std::filesystem::read_symlink("/proc/self/exe").string() + " --park " + row.name();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> child(popen(command.c_str(), "r"), &pclose);
  footprint f;
  if (child == nullptr || std::fscanf(child.get(), "%zu %lf %lf %lf %lf", &f.tasks, &f.resident,
                                      &f.frame, &f.tables, &f.time) != 5) {
    state.SkipWithError("its process did not say what it takes");
    return;
  }
  for ([[maybe_unused]] const auto once : state) state.SetIterationTime(f.time / 1e9);
  state.counters[counter_tasks] = static_cast<double>(f.tasks);
  state.counters[counter_resident] = f.resident;
  state.counters[counter_frame] = f.frame;
  state.counters[counter_tables] = f.tables;
  if (row.at_most != 0) state.counters[counter_at_most] = static_cast<double>(row.at_most);
}

}  // namespace

std::string parking::name() const {
  const std::string question = growth ? "memory/growth/" + std::to_string(tasks) : "memory/parked";
  return question + '/' + std::string{who.name};
}

const std::vector<parking>& parkings() {
  constexpr std::size_t page = 4096;
  constexpr std::size_t fibers = 100'000;
  constexpr std::size_t coroutines = 1'000'000;
  static const std::vector<parking> all = [] {
    std::vector<parking> rows{
        row<limit_coro>(coroutines),
        row<limit_fiber>(fibers),
        row<boost_fiber>(fibers),
        row<asio_awaitable>(fibers),
        row<asio_spawn>(fibers),
        row<crossfade_fiber>(fibers, page + 512),
        row<crossfade_coro>(coroutines, 320),
    };
    for_ours_and_limits([&]<class Implementation>() {
      for (const std::size_t size : suite::sizes) {
        rows.push_back(row<Implementation>(size));
        rows.back().growth = true;
      }
    });
    return rows;
  }();
  return all;
}

void add_memory_rows() {
  for (const parking& row : parkings()) {
    benchmark::RegisterBenchmark(row.name().c_str(),
                                 [&row](benchmark::State& state) { measure(state, row); })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(1);
  }
}

int park(std::string_view name) {
  for (const parking& row : parkings()) {
    if (row.name() != name) continue;
    const footprint f = row.park(row.tasks);
    std::printf("%zu %f %f %f %f\n", f.tasks, f.resident, f.frame, f.tables, f.time);
    return f.tasks == row.tasks ? 0 : 1;
  }
  return 2;
}

}  // namespace crossfade::benchmarks
