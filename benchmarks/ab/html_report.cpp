#include "benchmarks/ab/reports.hpp"

#include "benchmarks/ab/detail/page_style.hpp"
#include "benchmarks/ab/detail/run_values.hpp"
#include "benchmarks/ab/detail/svg_chart.hpp"
#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <utility>

namespace crossfade::ab {
namespace {

using detail::axis;
using detail::escaped;
using detail::marker;
using detail::point;
using detail::svg_chart;

// --- Pieces of a page ----------------------------------------------------------------------

std::string element(std::string_view tag, std::string_view style, std::string_view content) {
  std::string text("<");
  text.append(tag);
  if (!style.empty()) text.append(" class=\"").append(style).append("\"");
  return text.append(">").append(content).append("</").append(tag).append(">");
}

std::string words(std::string_view tag, std::string_view style, std::string_view text) {
  return element(tag, style, escaped(text));
}

std::string cells(std::string_view tag, const std::vector<std::string>& texts) {
  std::string row;
  for (const std::string& text : texts) row += words(tag, "", text);
  return row;
}

std::string anchor(std::size_t index) { return "workload-" + std::to_string(index + 1); }

/// Whose colour a verdict has: the winner's.
std::string_view style_of(outcome kind) {
  if (kind == outcome::better) return "candidate";
  if (kind == outcome::worse) return "baseline";
  return kind == outcome::same ? "same" : "unknown";
}

std::string badge(const session_result& session, const verdict& found) {
  const std::string_view won = detail::winner(session, found);
  const std::string text =
      won.empty() ? std::string(to_string(found.kind)) : std::string(won) + " wins";
  return words("span", "badge " + std::string(style_of(found.kind)), text);
}

std::string surety(const verdict& found) {
  if (found.runs == 0) return "no runs to compare";
  const std::string p = found.p < 0.001 ? "p < 0.001" : "p = " + detail::fixed(found.p, 3);
  std::string text = p + ", " + std::to_string(found.runs) + " runs a side";
  if (found.more_runs > 0) text += "; " + std::to_string(found.more_runs) + " more would tell";
  return text;
}

/// A chart with what its axes are, and whose is what.
std::string chart_figure(std::string_view caption, std::string_view explained,
                         std::string_view legend, std::string_view y_is, const svg_chart& chart,
                         std::string_view x_is) {
  return element("figure", "",
                 element("figcaption", "", words("b", "", caption) + ' ' + escaped(explained)) +
                     element("div", "legend", legend) + words("div", "axis-y", y_is) +
                     element("div", "plot", chart.text()) + words("div", "axis-x", x_is));
}

std::string legend_entry(std::string_view key, std::string_view text) {
  return element("span", "", element("i", key, "") + escaped(text));
}

std::string tick_ns(double ns) {
  const detail::scaled value = detail::scale_ns(ns);
  return detail::plain(value.number) + ' ' + std::string(value.unit);
}

std::string tick_ratio(double ratio) {
  if (ratio == 1) return "equal";
  if (ratio > 0.5 && ratio < 2) {
    return (ratio > 1 ? "+" : "") + detail::plain((ratio - 1) * 100) + " %";
  }
  return detail::plain(ratio) + 'x';
}

// --- The summary ---------------------------------------------------------------------------

axis ratio_axis(const session_result& session) {
  double low = 1;
  double high = 1;
  for (const workload_result& of : session.workloads) {
    if (of.decided.found.runs == 0) continue;
    const statistics::interval& ratio = of.decided.found.ratio;
    for (const double at : {ratio.low, ratio.estimate, ratio.high}) {
      if (!(at > 0) || !std::isfinite(at)) continue;
      low = std::min(low, at);
      high = std::max(high, at);
    }
  }
  return axis::ratios(low, high, session.by.effect, tick_ratio);
}

axis one_line() { return axis::linear(0, 2, detail::plain); }

std::string ratio_row(const session_result& session, const axis& ratios, std::size_t index) {
  const workload_result& of = session.workloads[index];
  const verdict& found = of.decided.found;
  const std::string says = detail::change(found);
  svg_chart chart(
      of.name + ": " + std::string(to_string(found.kind)),
      "Ratio of " + session.candidate + " to " + session.baseline + " with bounds: " + says, 48,
      ratios, one_line());
  chart.band(1 / (1 + session.by.effect), 1 + session.by.effect, "effect");
  chart.grid_x();
  chart.vertical(1, "equal");
  if (found.runs > 0) {
    const std::string style(style_of(found.kind));
    chart.interval(found.ratio.low, found.ratio.high, 1, "interval " + style);
    chart.mark({found.ratio.estimate, 1},
               found.kind == outcome::better ? marker::square : marker::circle, "estimate " + style,
               says);
  }
  const std::size_t bounds = says.find(" [");
  const std::string link = "<a href=\"#" + anchor(index) + "\">" + escaped(of.name) + "</a>";
  std::string compared = words("small", "", detail::measured(of.decided.by, of.thing));
  if (found.runs > 0) {
    compared +=
        words("small", "",
              session.baseline + ' ' + detail::quantity(of.decided.baseline, of.decided.by) + ", " +
                  session.candidate + ' ' + detail::quantity(of.decided.candidate, of.decided.by));
  }
  std::string big = words("b", "", says.substr(0, bounds));
  if (bounds != std::string::npos) big += escaped(says.substr(bounds));
  return element("div", "row",
                 element("div", "name", link + compared) +
                     element("div", "won", badge(session, found)) +
                     element("div", "ratio", chart.text()) +
                     element("div", "change", big + words("small", "", surety(found))));
}

std::string summary(const session_result& session) {
  if (session.workloads.empty()) return {};
  const axis ratios = ratio_axis(session);
  svg_chart scale("Scale of the ratios",
                  "From less than the baseline's to more, even in the middle", 1, ratios,
                  one_line());
  scale.labels_x();
  std::string rows =
      element("div", "row head",
              "<div></div><div></div>" +
                  element("div", "ratio ends",
                          words("span", "candidate-text", "\u2190 " + session.candidate + " wins") +
                              words("span", "baseline-text", session.baseline + " wins \u2192")) +
                  words("div", "change",
                        session.candidate + " against " + session.baseline + ", less is better"));
  for (std::size_t i = 0; i < session.workloads.size(); ++i) rows += ratio_row(session, ratios, i);
  rows += element("div", "row scale",
                  "<div></div><div></div>" + element("div", "ratio", scale.text()) + "<div></div>");
  return element("section", "forest", rows);
}

std::string how_to_read(const session_result& session) {
  const std::string effect = detail::plain(session.by.effect * 100) + " %";
  const std::string sure = detail::plain(session.by.confidence * 100) + " %";
  return words("h2", "", "How to read it") +
         words("p", "",
               "For each workload the mark says how much more or less " + session.candidate +
                   " needs than " + session.baseline + ", and the bar where the truth is with " +
                   sure + " confidence.") +
         words("p", "",
               "A bar that lies left of \"equal\" says that " + session.candidate +
                   " wins, one right of it that " + session.baseline +
                   " does, and one within the shaded band, of " + effect +
                   " to either side, that they are the same for all that matters.") +
         words("p", "",
               "A bar that holds \"equal\" and leaves the band is inconclusive: more runs would "
               "make it shorter.");
}

std::string where(const session_result& session) {
  const environment& at = session.where;
  std::string rows;
  const auto row = [&](std::string_view what, const std::string& is) {
    if (!is.empty()) rows += element("tr", "", words("th", "", what) + words("td", "", is));
  };
  row("Baseline, candidate", session.baseline + ", " + session.candidate);
  row("Began", session.began);
  row("CPU", at.cpu + " (" + std::to_string(at.cpus) + " usable)");
  row("Memory", detail::bytes(static_cast<double>(at.memory_bytes)));
  row("Kernel", at.kernel);
  row("Compiler", at.compiler + ", " + at.build);
  row("Crossfade", at.version);
  row("Boost", at.boost);
  row("Machine", at.host);
  row("Seed", std::to_string(session.seed));
  return words("h2", "", "Where it ran") +
         element("div", "scroll", element("table", "environment", rows));
}

// --- A workload ----------------------------------------------------------------------------

std::string figures_table(const session_result& session, const workload_result& of) {
  if (of.figures.empty()) return {};
  std::string rows = element("tr", "",
                             cells("th", {"figure", session.baseline, session.candidate, "change",
                                          session.candidate + " is"}));
  for (const comparison& by : of.figures) {
    const std::string name = detail::measured(by.by, of.thing);
    const bool decides = by.by == of.decided.by;
    const std::string kind(decides ? to_string(of.decided.found.kind) : to_string(by.found.kind));
    const auto style = style_of(decides ? of.decided.found.kind : by.found.kind);
    rows +=
        element("tr", decides ? "deciding" : "",
                words("th", "", decides ? name + " (decides)" : name) +
                    cells("td", {detail::quantity(by.baseline, by.by),
                                 detail::quantity(by.candidate, by.by), detail::change(by.found)}) +
                    element("td", "", words("span", "word " + std::string(style), kind)));
  }
  return element("div", "scroll",
                 element("table", "figures",
                         words("caption", "", "Medians of the runs; less is better") + rows));
}

/// What a side's runs come to.
struct side_sum {
  std::size_t runs = 0;
  std::uint64_t operations = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;
  std::vector<double> rates;
  duration longest_delay{};
};

side_sum sum_of(const workload_result& of, side which) {
  side_sum sum;
  for (const run_record& run : of.runs) {
    if (run.in != phase::comparison || run.of != which) continue;
    ++sum.runs;
    sum.operations += run.operations;
    sum.failed += run.failed;
    sum.unfinished += run.unfinished;
    sum.longest_delay = std::max(sum.longest_delay, run.loop_delay_max);
    if (run.took > duration::zero()) {
      sum.rates.push_back(static_cast<double>(run.operations * of.things) * 1e9 /
                          static_cast<double>(run.took.count()));
    }
  }
  return sum;
}

std::string median_rate(const side_sum& of) {
  return detail::per_second(of.rates.empty() ? 0 : detail::median(of.rates));
}

std::string sums_table(const session_result& session, const workload_result& of) {
  const side_sum baseline = sum_of(of, side::baseline);
  const side_sum candidate = sum_of(of, side::candidate);
  std::string rows = element("tr", "", cells("th", {"", session.baseline, session.candidate}));
  const auto row = [&](std::string_view what, const std::string& a, const std::string& b) {
    rows += element("tr", "", words("th", "", what) + cells("td", {a, b}));
  };
  const auto numbers = [&](std::string_view what, std::uint64_t a, std::uint64_t b) {
    row(what, std::to_string(a), std::to_string(b));
  };
  numbers("runs", baseline.runs, candidate.runs);
  numbers("operations", baseline.operations, candidate.operations);
  numbers("failed", baseline.failed, candidate.failed);
  if (of.under.is_open()) numbers("unfinished", baseline.unfinished, candidate.unfinished);
  row(of.thing + "s, median run", median_rate(baseline), median_rate(candidate));
  const auto quantile = [](const latency_histogram& latency, double share) {
    return detail::nanoseconds(static_cast<double>(latency.quantile(share).count()));
  };
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    row("latency p" + detail::plain(share * 100), quantile(of.baseline_latency, share),
        quantile(of.candidate_latency, share));
  }
  const auto longest = [&](std::string_view what, duration a, duration b) {
    row(what, detail::nanoseconds(static_cast<double>(a.count())),
        detail::nanoseconds(static_cast<double>(b.count())));
  };
  longest("latency max", of.baseline_latency.max(), of.candidate_latency.max());
  longest("longest loop delay", baseline.longest_delay, candidate.longest_delay);
  return element(
      "div", "scroll",
      element("table", "", words("caption", "", "All runs of the comparison together") + rows));
}

struct latency_range {
  double low;
  double high;
};

/// Of both sides; without buckets there is none.
std::optional<latency_range> range_of(const workload_result& of) {
  std::optional<latency_range> range;
  for (const auto* latency : {&of.baseline_latency, &of.candidate_latency}) {
    const auto buckets = latency->buckets();
    if (buckets.empty()) continue;
    const double low = std::max(1., static_cast<double>(buckets.front().low.count()));
    const double high = std::max(low, static_cast<double>(latency->max().count()));
    if (!range) range = {low, high};
    range = {std::min(range->low, low), std::max(range->high, high)};
  }
  return range;
}

std::string lines_legend(const session_result& session) {
  return legend_entry("line baseline", session.baseline) +
         legend_entry("line candidate", session.candidate);
}

/// Latency by share: a step for each bucket, as wide as its share.
std::vector<point> steps_by_share(const latency_histogram& latency) {
  std::vector<point> steps;
  std::uint64_t before = 0;
  const auto all = static_cast<double>(latency.count());
  for (const auto& bucket : latency.buckets()) {
    const double ns = static_cast<double>((bucket.low + (bucket.high - bucket.low) / 2).count());
    steps.push_back({static_cast<double>(before) / all, ns});
    before += bucket.count;
    steps.push_back({static_cast<double>(before) / all, ns});
  }
  return steps;
}

std::string shares_chart(const session_result& session, const workload_result& of,
                         const latency_range& range) {
  const auto most = std::max(of.baseline_latency.count(), of.candidate_latency.count());
  svg_chart chart("Latency by share of operations: " + of.name,
                  "p50, p99, p99.9 of " + session.baseline + " and " + session.candidate +
                      " are in the table above",
                  260, axis::percentiles(static_cast<double>(most)),
                  axis::logarithmic(range.low, range.high, tick_ns));
  chart.grid();
  chart.line(steps_by_share(of.baseline_latency), "line baseline");
  chart.line(steps_by_share(of.candidate_latency), "line candidate");
  return chart_figure("Latency by share.", "Lower is better.", lines_legend(session), "latency",
                      chart, "share of operations that took no longer");
}

/// Bins that are one `per_octave`-th of their octave wide: the edges of a histogram's own buckets,
/// of which each holds some whole ones.
double bin_of(double ns, double per_octave) {
  const double octave = std::floor(std::log2(ns));
  return octave * per_octave + std::floor((ns / std::exp2(octave) - 1) * per_octave);
}

double bin_begin(double bin, double per_octave) {
  const double octave = std::floor(bin / per_octave);
  return std::exp2(octave) * (1 + (bin / per_octave - octave));
}

using bin_counts = std::map<double, double>;

bin_counts counts_by_bin(const latency_histogram& latency, double per_octave) {
  bin_counts counts;
  for (const auto& bucket : latency.buckets()) {
    const double ns = std::max(1., static_cast<double>(bucket.low.count()));
    counts[bin_of(ns, per_octave)] += static_cast<double>(bucket.count);
  }
  return counts;
}

std::vector<point> steps_by_bin(const latency_histogram& latency, double first, double last,
                                double per_octave) {
  const bin_counts counts = counts_by_bin(latency, per_octave);
  std::vector<point> steps;
  for (double bin = first; bin <= last; ++bin) {
    const auto found = counts.find(bin);
    const double share =
        found == counts.end() ? 0 : found->second * 100 / static_cast<double>(latency.count());
    steps.push_back({bin_begin(bin, per_octave), share});
    steps.push_back({bin_begin(bin + 1, per_octave), share});
  }
  return steps;
}

std::string histogram_chart(const session_result& session, const workload_result& of,
                            const latency_range& range) {
  // The few slowest would press all others into a corner; the chart by share shows them.
  constexpr double shown = 0.999;
  const auto slowest =
      std::max(of.baseline_latency.quantile(shown), of.candidate_latency.quantile(shown));
  const double high = std::max(range.low, static_cast<double>(slowest.count()));
  constexpr double enough_bins = 72;
  double per_octave = 64;
  while (per_octave > 1 && bin_of(high, per_octave) - bin_of(range.low, per_octave) > enough_bins) {
    per_octave /= 2;
  }
  const double first = bin_of(range.low, per_octave) - 1;
  const double last = bin_of(high, per_octave) + 1;
  const auto baseline = steps_by_bin(of.baseline_latency, first, last, per_octave);
  const auto candidate = steps_by_bin(of.candidate_latency, first, last, per_octave);
  double top = 0;
  for (const auto* steps : {&baseline, &candidate}) {
    for (const point& step : *steps) top = std::max(top, step.y);
  }
  svg_chart chart(
      "Histogram of the latencies: " + of.name,
      "Of " + session.baseline + " and " + session.candidate + ", the slowest 0.1 % left out", 260,
      axis::logarithmic(bin_begin(first, per_octave), bin_begin(last + 1, per_octave), tick_ns),
      axis::linear(0, top, [](double share) { return detail::plain(share) + " %"; }));
  chart.grid();
  chart.area(baseline, "area baseline");
  chart.area(candidate, "area candidate");
  return chart_figure("Histogram.", "Further left is better; the slowest 0.1 % are left out.",
                      lines_legend(session), "share of operations", chart, "latency");
}

std::string runs_chart(const session_result& session, const workload_result& of) {
  const figure what = of.decided.by;
  struct dot {
    point at;
    const run_record* run;
  };
  std::vector<dot> dots;
  for (const run_record& run : of.runs) {
    const auto y = value(run, what, of.things);
    // A logarithmic axis has no place for others.
    if (y && *y > 0) dots.push_back({{static_cast<double>(run.began.count()) / 1e9, *y}, &run});
  }
  if (dots.empty()) return {};
  const auto [least, most] = std::ranges::minmax(dots, {}, [](const dot& d) { return d.at.y; });
  const auto [first, last] = std::ranges::minmax(dots, {}, [](const dot& d) { return d.at.x; });
  const auto tick_value = [what](double at) {
    const detail::scaled is = detail::scale(at, what);
    return detail::plain(is.number) + (is.unit.empty() ? "" : " ") + std::string(is.unit);
  };
  const std::string measured = detail::measured(what, of.thing);
  svg_chart chart(
      "Runs over time: " + of.name,
      measured + " of each run of " + session.baseline + " and " + session.candidate +
          "; lines are the medians",
      220, axis::linear(first.at.x, last.at.x, [](double at) { return detail::plain(at) + " s"; }),
      axis::logarithmic(least.at.y, most.at.y, tick_value));
  const auto calibration_end =
      std::ranges::find_if(dots, [](const dot& d) { return d.run->in != phase::calibration; });
  const bool has_both = calibration_end != dots.begin() && calibration_end != dots.end();
  if (has_both) {
    const double between = (std::prev(calibration_end)->at.x + calibration_end->at.x) / 2;
    chart.band(first.at.x, between, "calibration");
  }
  chart.grid();
  if (of.decided.found.runs > 0) {
    chart.horizontal(of.decided.baseline, "median baseline");
    chart.horizontal(of.decided.candidate, "median candidate");
  }
  for (const auto& [at, run] : dots) {
    const bool is_baseline = run->of == side::baseline || run->in == phase::calibration;
    std::string style = is_baseline ? "mark baseline" : "mark candidate";
    if (run->in == phase::calibration) style += " hollow";
    chart.mark(
        at, is_baseline ? marker::circle : marker::square, style,
        (is_baseline ? session.baseline : session.candidate) + ' ' + detail::quantity(at.y, what));
  }
  const std::string legend =
      legend_entry("dot baseline hollow", session.baseline + " against itself (calibration)") +
      legend_entry("dot baseline", session.baseline) +
      legend_entry("dot candidate", session.candidate) + legend_entry("line neutral", "medians");
  return chart_figure("Runs in time order.", "Lower is better.", legend, measured, chart,
                      "since the first run");
}

std::string workload_section(const session_result& session, std::size_t index) {
  const workload_result& of = session.workloads[index];
  std::string text = "<section class=\"workload\" id=\"" + anchor(index) + "\">" +
                     element("h2", "", escaped(of.name) + ' ' + badge(session, of.decided.found));
  text += words(
      "p", "about",
      (of.description.empty() ? "" : of.description + " \u2014 ") + detail::to_text(of.under));
  text += words("p", "sentence", detail::sentence(session, of));
  if (const std::string also = detail::besides(of); !also.empty()) {
    text += words("p", "", "Besides: " + also + '.');
  }
  if (!of.note.empty()) text += words("p", "note", of.note);
  if (of.calibration.runs > 0) {
    text += words("p", "about",
                  "Calibration, " + session.baseline +
                      " against itself: " + detail::change(of.calibration) + ", " +
                      std::string(to_string(of.calibration.kind)) + '.');
  }
  text += element("div", "tables", figures_table(session, of) + sums_table(session, of));
  std::string charts;
  if (const auto range = range_of(of)) {
    charts += shares_chart(session, of, *range) + histogram_chart(session, of, *range);
  }
  return text + element("div", "charts", charts + runs_chart(session, of)) + "</section>\n";
}

}  // namespace

void write_html(std::ostream& to, const session_result& of) {
  const std::string title = "Is " + of.candidate + " better than " + of.baseline + "?";
  to << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
        "<meta name=\"color-scheme\" content=\"light dark\"/>"
     << words("title", "", title) << element("style", "", detail::page_style)
     << "</head>\n<body><main>\n"
     << words("h1", "", title) << words("p", "tally", detail::tally(of)) << '\n';
  for (const std::string& note : of.notes) to << words("p", "note", note) << '\n';
  to << summary(of) << '\n'
     << element("section", "notes",
                element("div", "", how_to_read(of)) + element("div", "", where(of)))
     << '\n';
  for (std::size_t i = 0; i < of.workloads.size(); ++i) to << workload_section(of, i);
  to << "</main></body></html>\n";
}

}  // namespace crossfade::ab
