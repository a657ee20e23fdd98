#include "benchmarks/ab/reports.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace crossfade::ab {
namespace {

using json = nlohmann::ordered_json;

// Raised when a file of today could be taken for something else by the next reader.
constexpr std::uint64_t current_format = 1;

constexpr double no_bound = std::numeric_limits<double>::infinity();

// --- Words ---------------------------------------------------------------------------------

template <class Value>
struct named_value {
  Value value;
  std::string_view name;
};

constexpr std::array<named_value<phase>, 2> phases{
    {{phase::calibration, "calibration"}, {phase::comparison, "comparison"}}};
constexpr std::array<named_value<side>, 2> sides{
    {{side::baseline, "baseline"}, {side::candidate, "candidate"}}};

std::vector<named_value<outcome>> outcome_names() {
  std::vector<named_value<outcome>> all;
  for (const outcome kind :
       {outcome::better, outcome::worse, outcome::same, outcome::inconclusive}) {
    all.push_back({kind, to_string(kind)});
  }
  return all;
}

std::vector<named_value<figure>> figure_names() {
  std::vector<named_value<figure>> all;
  for (const figure what : all_figures()) all.push_back({what, to_string(what)});
  return all;
}

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  return std::ranges::find(names, value, [](const auto& one) { return one.value; })->name;
}

// --- To JSON -------------------------------------------------------------------------------

json to_json(const environment& where) {
  return {{"cpu", where.cpu},
          {"cpus", where.cpus},
          {"memory_bytes", where.memory_bytes},
          {"kernel", where.kernel},
          {"compiler", where.compiler},
          {"build", where.build},
          {"version", where.version},
          {"boost", where.boost},
          {"host", where.host}};
}

json to_json(const verdict& found) {
  // JSON has no infinity: a bound that is not there is null.
  return {
      {"outcome", to_string(found.kind)},
      {"ratio",
       {{"low", found.ratio.low}, {"estimate", found.ratio.estimate}, {"high", found.ratio.high}}},
      {"p", found.p},
      {"runs", found.runs},
      {"more_runs", found.more_runs}};
}

json to_json(const comparison& by) {
  return {{"figure", to_string(by.by)},
          {"unit", unit(by.by)},
          {"baseline", by.baseline},
          {"candidate", by.candidate},
          {"verdict", to_json(by.found)}};
}

json to_json(const latency_histogram& latency) {
  json buckets = json::array();
  for (const auto& bucket : latency.buckets()) {
    buckets.push_back({bucket.low.count(), bucket.high.count(), bucket.count});
  }
  return {{"max_ns", latency.max().count()}, {"buckets", std::move(buckets)}};
}

json to_json(const run_record& run) {
  return {{"phase", name_of(phases, run.in)},
          {"side", name_of(sides, run.of)},
          {"began_ns", run.began.count()},
          {"took_ns", run.took.count()},
          {"operations", run.operations},
          {"failed", run.failed},
          {"unfinished", run.unfinished},
          {"cpu_ns", run.cpu.count()},
          {"allocations", run.allocations},
          {"resident_bytes", run.resident_bytes},
          {"context_switches", run.context_switches},
          {"loop_delay_p99_ns", run.loop_delay_p99.count()},
          {"loop_delay_max_ns", run.loop_delay_max.count()},
          {"latency_p50_ns", run.latency_p50.count()},
          {"latency_p99_ns", run.latency_p99.count()},
          {"latency_max_ns", run.latency_max.count()}};
}

json to_json(const workload_result& of) {
  json others = json::array();
  for (const comparison& by : of.figures) others.push_back(to_json(by));
  json runs = json::array();
  for (const run_record& run : of.runs) runs.push_back(to_json(run));
  return {{"name", of.name},
          {"description", of.description},
          {"thing", of.thing},
          {"things", of.things},
          {"load", {{"workers", of.under.workers}, {"rate_per_second", of.under.rate}}},
          {"decided", to_json(of.decided)},
          {"figures", std::move(others)},
          {"calibration", to_json(of.calibration)},
          {"note", of.note},
          {"latency",
           {{"bucket", {"low_ns", "high_ns", "count"}},
            {"baseline", to_json(of.baseline_latency)},
            {"candidate", to_json(of.candidate_latency)}}},
          {"runs", std::move(runs)}};
}

/// What has no structure below its own on one line: a run, a bucket, an interval.
void print(std::ostream& to, const json& node, const std::string& indent) {
  const auto text = [](const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  if (std::ranges::none_of(node, [](const json& child) { return child.is_structured(); })) {
    to << text(node);
    return;
  }
  const std::string deeper = indent + ' ';
  to << (node.is_object() ? '{' : '[');
  const char* separator = "\n";
  for (const auto& [key, child] : node.items()) {
    to << std::exchange(separator, ",\n") << deeper;
    if (node.is_object()) to << text(key) << ": ";
    print(to, child, deeper);
  }
  to << '\n' << indent << (node.is_object() ? '}' : ']');
}

// --- From JSON -----------------------------------------------------------------------------

/// A value of a file, which says where it stands if it is not what is expected there.
class file_value {
 public:
  file_value(std::string_view file, const json& node) : file_(file), node_(&node) {}

  file_value operator[](std::string_view key) const {
    if (!node_->is_object()) refuse("an object");
    const auto found = node_->find(key);
    if (found == node_->end()) refuse("an object with \"" + std::string(key) + '"');
    return {*this, key, *found};
  }

  std::vector<file_value> elements() const {
    if (!node_->is_array()) refuse("an array");
    std::vector<file_value> all;
    for (const json& element : *node_) {
      all.push_back({*this, std::to_string(all.size()), element});
    }
    return all;
  }

  std::string text() const {
    if (!node_->is_string()) refuse("a string");
    return node_->get<std::string>();
  }

  double number() const {
    if (!node_->is_number()) refuse("a number");
    return node_->get<double>();
  }

  double positive_or_none() const {
    if (node_->is_null()) return no_bound;
    if (!node_->is_number() || !(node_->get<double>() >= 0)) {
      refuse("a number of at least 0, or null for none");
    }
    return node_->get<double>();
  }

  template <class Number = std::uint64_t>
  Number whole(Number least = 0) const {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
    if (!node_->is_number_unsigned() || node_->get<std::uint64_t>() > most ||
        static_cast<Number>(node_->get<std::uint64_t>()) < least) {
      refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return static_cast<Number>(node_->get<std::uint64_t>());
  }

  duration nanoseconds() const { return duration(whole<duration::rep>()); }

  template <class Names>
  auto one_of(const Names& names) const {
    const auto found = std::ranges::find_if(
        names, [&](const auto& one) { return node_->is_string() && *node_ == one.name; });
    if (found != names.end()) return found->value;
    std::string all;
    for (const auto& one : names) {
      all.append(all.empty() ? "\"" : ", \"").append(one.name).append("\"");
    }
    refuse("one of " + all);
  }

  [[noreturn]] void refuse(std::string_view expected) const {
    constexpr std::size_t enough = 60;
    std::string is = node_->dump(-1, ' ', true, json::error_handler_t::replace);
    if (is.size() > enough) is = is.substr(0, enough) + "...";
    throw std::invalid_argument(file_ + ": " + pointer_.to_string() +
                                (pointer_.empty() ? "is " : " is ") + is + "; expected " +
                                std::string(expected));
  }

 private:
  file_value(const file_value& parent, std::string_view key, const json& node)
      : file_(parent.file_), pointer_(parent.pointer_ / std::string(key)), node_(&node) {}

  std::string file_;
  json::json_pointer pointer_;
  const json* node_;
};

environment to_environment(const file_value& from) {
  return {.cpu = from["cpu"].text(),
          .cpus = from["cpus"].whole<unsigned>(),
          .memory_bytes = from["memory_bytes"].whole(),
          .kernel = from["kernel"].text(),
          .compiler = from["compiler"].text(),
          .build = from["build"].text(),
          .version = from["version"].text(),
          .boost = from["boost"].text(),
          .host = from["host"].text()};
}

criterion to_criterion(const file_value& from) {
  const criterion by{from["effect"].number(), from["confidence"].number()};
  if (!(by.effect > 0)) from["effect"].refuse("a number above 0");
  if (!(by.confidence > 0 && by.confidence < 1)) {
    from["confidence"].refuse("a number between 0 and 1");
  }
  return by;
}

verdict to_verdict(const file_value& from) {
  const file_value ratio = from["ratio"];
  return {.kind = from["outcome"].one_of(outcome_names()),
          .ratio = {ratio["low"].positive_or_none(), ratio["estimate"].positive_or_none(),
                    ratio["high"].positive_or_none()},
          .p = from["p"].number(),
          .runs = from["runs"].whole<std::size_t>(),
          .more_runs = from["more_runs"].whole<std::size_t>()};
}

comparison to_comparison(const file_value& from) {
  return {.by = from["figure"].one_of(figure_names()),
          .baseline = from["baseline"].number(),
          .candidate = from["candidate"].number(),
          .found = to_verdict(from["verdict"])};
}

latency_histogram::bucket to_bucket(const file_value& from) {
  const std::vector<file_value> parts = from.elements();
  if (parts.size() != 3) from.refuse("[low_ns, high_ns, count]");
  const latency_histogram::bucket bucket{parts[0].nanoseconds(), parts[1].nanoseconds(),
                                         parts[2].whole<std::uint64_t>(1)};
  if (bucket.high <= bucket.low) from.refuse("a bucket that ends after its begin");
  return bucket;
}

latency_histogram to_histogram(const file_value& from) {
  std::vector<latency_histogram::bucket> given;
  const std::vector<file_value> elements = from["buckets"].elements();
  given.reserve(elements.size());
  for (const file_value& element : elements) given.push_back(to_bucket(element));
  const duration max = from["max_ns"].nanoseconds();
  latency_histogram latency;
  if (given.empty()) {
    if (max != duration::zero()) from["max_ns"].refuse("0, as there are no buckets");
    return latency;
  }
  if (max < given.back().low || max >= given.back().high) {
    from["max_ns"].refuse("a value in the last bucket");
  }
  // The longest one is kept exactly; of the others, which buckets they were in.
  given.back().count -= 1;
  for (const auto& bucket : given) {
    if (bucket.count > 0) {
      // Not above the longest, which may be early in the last bucket.
      latency.record(std::min(bucket.low + (bucket.high - bucket.low) / 2, max), bucket.count);
    }
  }
  latency.record(max);
  given.back().count += 1;
  const std::vector<latency_histogram::bucket> made = latency.buckets();
  const auto [wrong, other] = std::ranges::mismatch(given, made);
  if (wrong != given.end()) {
    elements[static_cast<std::size_t>(wrong - given.begin())].refuse(
        "a bucket as Crossfade makes them, in rising order");
  }
  return latency;
}

run_record to_run(const file_value& from) {
  return {.in = from["phase"].one_of(phases),
          .of = from["side"].one_of(sides),
          .began = from["began_ns"].nanoseconds(),
          .took = from["took_ns"].nanoseconds(),
          .operations = from["operations"].whole(),
          .failed = from["failed"].whole(),
          .cpu = from["cpu_ns"].nanoseconds(),
          .allocations = from["allocations"].whole(),
          .resident_bytes = from["resident_bytes"].whole(),
          .context_switches = from["context_switches"].whole(),
          .loop_delay_p99 = from["loop_delay_p99_ns"].nanoseconds(),
          .loop_delay_max = from["loop_delay_max_ns"].nanoseconds(),
          .latency_p50 = from["latency_p50_ns"].nanoseconds(),
          .latency_p99 = from["latency_p99_ns"].nanoseconds(),
          .latency_max = from["latency_max_ns"].nanoseconds(),
          .unfinished = from["unfinished"].whole()};
}

workload_result to_workload(const file_value& from) {
  const file_value under = from["load"];
  workload_result of{
      .name = from["name"].text(),
      .description = from["description"].text(),
      .thing = from["thing"].text(),
      .things = from["things"].whole<std::size_t>(1),
      .under = {under["workers"].whole<std::size_t>(), under["rate_per_second"].number()},
      .runs = {},
      .baseline_latency = to_histogram(from["latency"]["baseline"]),
      .candidate_latency = to_histogram(from["latency"]["candidate"]),
      .calibration = to_verdict(from["calibration"]),
      .decided = to_comparison(from["decided"]),
      .figures = {},
      .note = from["note"].text()};
  for (const file_value& by : from["figures"].elements()) of.figures.push_back(to_comparison(by));
  for (const file_value& run : from["runs"].elements()) of.runs.push_back(to_run(run));
  return of;
}

}  // namespace

void write_json(std::ostream& to, const session_result& of) {
  json workloads = json::array();
  for (const workload_result& workload : of.workloads) workloads.push_back(to_json(workload));
  const json document{{"format", current_format},
                      {"began", of.began},
                      {"baseline", of.baseline},
                      {"candidate", of.candidate},
                      {"criterion", {{"effect", of.by.effect}, {"confidence", of.by.confidence}}},
                      {"seed", of.seed},
                      {"environment", to_json(of.where)},
                      {"notes", of.notes},
                      {"workloads", std::move(workloads)}};
  print(to, document, "");
  to << '\n';
}

session_result read_json(std::string_view text, std::string_view name) {
  json document;
  try {
    document = json::parse(text);
  } catch (const json::exception& error) {
    throw std::invalid_argument(std::string(name) + ": is not JSON: " + error.what());
  }
  const file_value from(name, document);
  if (from["format"].whole() != current_format) {
    from["format"].refuse(std::to_string(current_format) +
                          ", which is all that this version reads");
  }
  session_result of{.where = to_environment(from["environment"]),
                    .began = from["began"].text(),
                    .baseline = from["baseline"].text(),
                    .candidate = from["candidate"].text(),
                    .by = to_criterion(from["criterion"]),
                    .seed = from["seed"].whole(),
                    .workloads = {},
                    .notes = {}};
  for (const file_value& note : from["notes"].elements()) of.notes.push_back(note.text());
  for (const file_value& workload : from["workloads"].elements()) {
    of.workloads.push_back(to_workload(workload));
  }
  return of;
}

}  // namespace crossfade::ab
