#include "report.hpp"
#include "marks.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

namespace crossfade::benchmarks {
namespace {

constexpr double none = std::numeric_limits<double>::infinity();

std::string ratio(double time, double reference, int digits = 2) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, time / reference);
  return reference == none ? "-" : text;
}

}  // namespace

bool report::ReportContext(const Context& context) {
  PrintBasicContext(&GetErrorStream(), context);
  // Only now: not for the terminal, but for the file's reporter, which is asked next.
  benchmark::AddCustomContext("marks", marks_as_json());
  GetErrorStream()
      << "Measuring; the repetitions of all rows are interleaved, the tables come at the end.\n";
  return true;
}

void report::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const double time = run.GetAdjustedRealTime();
    if (const auto found = run.counters.find(counter_resident); found != run.counters.end()) {
      const auto counter = [&](const char* name) { return run.counters.at(name).value; };
      footprints_[run.run_name.function_name] = {static_cast<std::size_t>(counter(counter_tasks)),
                                                 counter(counter_resident), counter(counter_frame),
                                                 counter(counter_tables), time};
      continue;
    }
    figures& row = figures_[run.run_name.function_name];
    if (run.error_occurred) {
      row.error = run.error_message;
      any_failed_ = true;
    } else if (run.run_type == Run::RT_Iteration) {
      row = {time, time, time, {}};  // stays only if there was a single repetition
    } else if (run.aggregate_name == "median") {
      row.median = time;
    } else if (run.aggregate_name == "min") {
      row.min = time;
    } else if (run.aggregate_name == "max") {
      row.max = time;
    }
  }
}

void report::Finalize() {
  const auto& rows = suite_.rows();
  for (auto row = rows.begin(); row != rows.end();) {
    const std::string& question = row->question;
    table lines;
    for (; row != rows.end() && row->question == question; ++row) {
      if (const auto found = figures_.find(row->name()); found != figures_.end()) {
        lines.emplace_back(row->who, found->second);
      }
    }
    if (!lines.empty() && !question.starts_with("growth/")) print(question, lines);
  }
  print_growth();
  print_marks();
  print_memory();
  print_memory_growth();
}

void report::print(const std::string& question, const table& lines) {
  const auto best = [&](enum part part, const auto& comparable) {
    double time = none;
    for (const auto& [who, row] : lines) {
      if (who.part == part && row.error.empty() && comparable(who))
        time = std::min(time, row.median);
    }
    return time;
  };
  const double best_peer = best(part::peer, [](const implementation&) { return true; });

  char text[160];
  std::snprintf(text, sizeof text, "\n%-34s %10s %10s %10s %9s %11s\n", question.c_str(),
                "ns median", "min", "max", "x limit", "x best peer");
  GetOutputStream() << text;
  for (const auto& [who, row] : lines) {
    if (!row.error.empty()) {
      GetOutputStream() << "  " << who.name << " FAILED: " << row.error << '\n';
      continue;
    }
    const double limit = best(part::limit, [&, stack = who.stack](const implementation& limit_row) {
      return limit_row.stack == stack || limit_row.stack == stack::either;
    });
    std::snprintf(text, sizeof text, "  %-32s %10.2f %10.2f %10.2f %9s %11s\n",
                  std::string{who.name}.c_str(), row.median, row.min, row.max,
                  ratio(row.median, limit).c_str(), ratio(row.median, best_peer).c_str());
    GetOutputStream() << text;
  }
}

// What the processor's caches add is in the limit's row too: what grows faster than that by more
// than the logarithm does is no O(log n).
void report::print_growth() {
  constexpr double log_growth = 5;  // of 100,000 against 10
  const auto time = [&](const std::string& what, const implementation& who, std::size_t size) {
    const suite::row row{"growth/" + what + '/' + std::to_string(size), who};
    const figures* const found = measured(row.name());
    return found != nullptr ? found->median : none;
  };
  char text[200];
  std::map<std::string, double> limits;
  std::string head;
  for (const suite::row& row : suite_.rows()) {
    const std::string suffix = '/' + std::to_string(suite::sizes.front());
    if (!row.question.starts_with("growth/") || !row.question.ends_with(suffix)) continue;
    const std::string what = row.question.substr(7, row.question.size() - 7 - suffix.size());
    if (measured(row.name()) == nullptr) continue;
    if (head.empty()) {
      head = "\ngrowth, ns                        ";
      for (const std::size_t size : suite::sizes) {
        std::snprintf(text, sizeof text, " %9zu", size);
        head += text;
      }
      GetOutputStream() << head << "   x growth    x limit's\n";
    }
    std::snprintf(text, sizeof text, "  %-32s", (what + ", " + std::string{row.who.name}).c_str());
    GetOutputStream() << text;
    for (const std::size_t size : suite::sizes) {
      std::snprintf(text, sizeof text, " %9.2f", time(what, row.who, size));
      GetOutputStream() << text;
    }
    const double growth =
        time(what, row.who, suite::sizes.back()) / time(what, row.who, suite::sizes.front());
    const std::string kind = what + (row.who.stack == stack::own ? "/own" : "");
    std::snprintf(text, sizeof text, " %10.2f", growth);
    GetOutputStream() << text;
    if (row.who.part == part::limit) {
      limits[kind] = growth;
    } else if (const auto limit = limits.find(kind); limit != limits.end()) {
      std::snprintf(text, sizeof text, " %12.2f  %s", growth / limit->second,
                    growth <= log_growth * limit->second ? "O(log n)" : "MORE THAN O(log n)");
      GetOutputStream() << text;
    }
    GetOutputStream() << '\n';
  }
}

const report::figures* report::measured(const std::string& row) const {
  const auto found = figures_.find(row);
  return found != figures_.end() && found->second.error.empty() ? &found->second : nullptr;
}

void report::print_marks() {
  bool any = false;
  for (const mark& m : marks()) {
    const figures* const row = measured(std::string{m.measured});
    const figures* const limit = m.limit.empty() ? nullptr : measured(std::string{m.limit});
    if (row == nullptr || (limit == nullptr && !m.limit.empty())) continue;
    char text[200];
    if (!std::exchange(any, true)) {
      std::snprintf(text, sizeof text, "\n%-34s %10s %10s %10s %8s %8s\n", "marks", "ns median",
                    "limit", "+ ns", "x limit", "at most");
      GetOutputStream() << text;
    }
    const double unit = limit != nullptr ? limit->median : 0;
    const bool met = row->median <= m.times * unit + m.plus;
    std::snprintf(text, sizeof text, "  %-32s %10.2f %10.2f %10.2f %8s %8s  %s\n",
                  std::string{m.text}.c_str(), row->median, unit, m.plus,
                  limit != nullptr ? ratio(row->median - m.plus, unit, 3).c_str() : "-",
                  limit != nullptr ? ratio(m.times, 1, 3).c_str() : "-", met ? "met" : "NOT MET");
    GetOutputStream() << text;
  }
}

void report::print_memory() {
  char text[200];
  if (std::none_of(parkings().begin(), parkings().end(), [&](const parking& row) {
        return !row.growth && (footprints_.contains(row.name()) || figures_.contains(row.name()));
      })) {
    return;
  }
  std::snprintf(text, sizeof text, "\n%-34s %10s %10s %10s %10s %10s %8s\n", "memory/parked",
                "tasks", "ns a task", "B a task", "its frame", "+ tables", "at most");
  GetOutputStream() << text;
  for (const parking& row : parkings()) {
    if (row.growth) continue;
    if (const auto failed = figures_.find(row.name()); failed != figures_.end()) {
      GetOutputStream() << "  " << row.who.name << " FAILED: " << failed->second.error << '\n';
    }
    const auto found = footprints_.find(row.name());
    if (found == footprints_.end()) continue;
    const footprint& f = found->second;
    const double at_most = static_cast<double>(row.at_most) + f.frame;
    std::snprintf(text, sizeof text, "  %-32s %10zu %10.0f %10.1f %10.0f %10.1f",
                  std::string{row.who.name}.c_str(), f.tasks, f.time, f.resident, f.frame,
                  f.tables);
    GetOutputStream() << text;
    if (row.at_most != 0) {
      std::snprintf(text, sizeof text, " %8.0f  %s", at_most,
                    f.resident <= at_most ? "met" : "NOT MET");
      GetOutputStream() << text;
    }
    GetOutputStream() << '\n';
  }
}

void report::print_memory_growth() {
  char text[64];
  std::string lines;
  std::string_view last;
  bool any = false;
  for (const parking& field : parkings()) {
    if (!field.growth) continue;
    if (std::exchange(last, field.who.name) != field.who.name) {
      std::snprintf(text, sizeof text, "\n  %-32s", std::string{field.who.name}.c_str());
      lines += text;
    }
    if (const auto found = footprints_.find(field.name()); found != footprints_.end()) {
      std::snprintf(text, sizeof text, " %9.0f", found->second.resident);
      any = true;
    } else {
      std::snprintf(text, sizeof text, " %9s", figures_.contains(field.name()) ? "FAILED" : "-");
    }
    lines += text;
  }
  if (!any) return;
  std::snprintf(text, sizeof text, "\n%-34s", "memory/parked, B a task");
  GetOutputStream() << text;
  for (const std::size_t size : suite::sizes) {
    std::snprintf(text, sizeof text, " %9zu", size);
    GetOutputStream() << text;
  }
  GetOutputStream() << lines << '\n';
}

}  // namespace crossfade::benchmarks
