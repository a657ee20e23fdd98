#include "benchmarks/ab/detail/svg_chart.hpp"

#include "benchmarks/ab/detail/wording.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace crossfade::ab::detail {
namespace {

/// The largest of 1, 2 and 5 with any number of zeros that is not above.
double round_below(double number) {
  const double ten = std::pow(10, std::floor(std::log10(number)));
  for (const double digit : {5., 2.}) {
    if (digit * ten <= number) return digit * ten;
  }
  return ten;
}

double next_round(double number) {
  const double ten = std::pow(10, std::floor(std::log10(number * 1.001)));
  for (const double digit : {2., 5.}) {
    if (digit * ten > number * 1.001) return digit * ten;
  }
  return 10 * ten;
}

double step_down(double number, double step) { return std::floor(number / step + 1e-9) * step; }
double step_up(double number, double step) { return std::ceil(number / step - 1e-9) * step; }

std::string coordinate(double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::fixed, 2)
                       .ptr;
  return {digits.data(), end};
}

struct attribute {
  std::string_view name;
  std::string_view value;
};

std::string element(std::string_view name, std::initializer_list<attribute> attributes,
                    std::string_view content = {}) {
  std::string text = '<' + std::string(name);
  for (const attribute& one : attributes) {
    text.append(" ").append(one.name).append("=\"").append(one.value).append("\"");
  }
  if (content.empty()) return text + "/>";
  return text.append(">").append(content).append("</").append(name).append(">");
}

std::string titled(std::string_view text) { return element("title", {}, escaped(text)); }

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default: {
        const auto code = static_cast<unsigned char>(c);
        const bool is_control = code < 0x20 && c != '\n' && c != '\t';
        safe += is_control ? "\uFFFD" : std::string(1, c);  // XML has none of these, however spelt
      }
    }
  }
  return safe;
}

axis::axis(std::function<double(double)> scale, double low, double high)
    : scale_(std::move(scale)), low_(scale_(low)), high_(scale_(high)) {}

void axis::mark(double at, const labels& label, bool minor) {
  if (holds(at)) ticks_.push_back({at, label(at), minor});
}

bool axis::holds(double value) const {
  constexpr double rounding = 1e-9;
  const double at = scale_(value);
  return at >= low_ - rounding && at <= high_ + rounding;
}

double axis::place(double value) const {
  return std::clamp((scale_(value) - low_) / (high_ - low_), 0., 1.);
}

axis axis::linear(double low, double high, const labels& label) {
  if (!(high > low)) high = low + 1;
  const double step = round_below((high - low) / 3);
  const double from = step_down(low, step);
  const double to = step_up(high, step);
  axis made([](double value) { return value; }, from, to);
  const auto steps = std::lround((to - from) / step);
  for (long i = 0; i <= steps; ++i) {
    made.mark(from + static_cast<double>(i) * step, label, steps > 5 && i % 2 == 1);
  }
  return made;
}

axis axis::logarithmic(double low, double high, const labels& label) {
  constexpr double least_span = 1.05;
  if (high < low * least_span) {
    low /= std::sqrt(least_span);
    high *= std::sqrt(least_span);
  }
  const auto scale = [](double value) { return std::log(value); };
  const double span = high / low;
  if (span < 4) {  // hardly bent: steps of equal size
    const double step = round_below((high - low) / 3);
    const double from = step_down(low, step);
    axis made(scale, from, step_up(high, step));
    const auto steps = std::lround((step_up(high, step) - from) / step);
    for (long i = 0; i <= steps; ++i) {
      made.mark(from + static_cast<double>(i) * step, label, steps > 5 && i % 2 == 1);
    }
    return made;
  }
  const bool by_tens = span > 1000;
  const double ten_below = std::pow(10, std::floor(std::log10(low)));
  const double from = by_tens ? ten_below : round_below(low);
  const double to = by_tens ? std::pow(10, std::ceil(std::log10(high)))
                            : (round_below(high) < high ? next_round(high) : high);
  axis made(scale, from, to);
  const double orders = std::log10(to / from);
  int order = 0;
  for (double at = from; at <= to * 1.001; ++order) {
    const bool is_ten = std::abs(std::log10(at) - std::round(std::log10(at))) < 1e-6;
    made.mark(at, label, by_tens ? orders > 4.5 && order % 2 == 1 : orders > 1.5 && !is_ten);
    at = by_tens ? at * 10 : next_round(at);
  }
  return made;
}

axis axis::percentiles(double count) {
  const double most = std::max(count, 100.);
  axis made([most](double share) { return -std::log10(std::max(1 - share, 1 / most)); }, 0, 1);
  const labels per_cent = [](double share) { return plain(share * 100) + " %"; };
  made.mark(0, per_cent);
  made.mark(0.5, per_cent, true);
  int order = 0;
  for (double left = 0.1; left > 0.999 / most; left /= 10) {
    made.mark(1 - left, per_cent, order++ > 1 && order % 2 == 0);
  }
  return made;
}

axis axis::ratios(double low, double high, double fine, const labels& label) {
  const double unit = 2 * std::log1p(fine);
  const double reach = std::max({std::abs(std::log(low)), std::abs(std::log(high)), unit});
  const double margin = 1.08;  // so that the last mark is not on the edge
  const double end = std::exp(unit * std::sinh(margin * std::asinh(reach / unit)));
  axis made([unit](double ratio) { return std::asinh(std::log(ratio) / unit); }, 1 / end, end);
  made.mark(1, label);
  constexpr double apart = 0.09;
  const auto outwards = [&](std::initializer_list<double> candidates) {
    double last = made.place(1);
    bool minor = false;
    for (const double ratio : candidates) {
      if (!made.holds(ratio) || std::abs(made.place(ratio) - last) < apart) continue;
      last = made.place(ratio);
      made.mark(ratio, label, minor = !minor);
    }
  };
  outwards({0.99, 0.98, 0.95, 0.9, 0.8, 0.5, 0.2, 0.1, 0.02, 0.01, 1e-3, 1e-4});
  outwards({1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2, 5, 10, 50, 100, 1e3, 1e4});
  return made;
}

svg_chart::svg_chart(std::string_view title, std::string_view description, int height, axis x,
                     axis y)
    : x_(std::move(x)),
      y_(std::move(y)),
      height_(height),
      content_(titled(title) + element("desc", {}, escaped(description))) {}

std::string svg_chart::left(double x) const { return coordinate(x_.place(x) * 100) + '%'; }
std::string svg_chart::top(double y) const { return coordinate(100 - y_.place(y) * 100) + '%'; }

void svg_chart::rule(point from, point to, std::string_view style) {
  content_ += element("line", {{"class", style},
                               {"x1", left(from.x)},
                               {"y1", top(from.y)},
                               {"x2", left(to.x)},
                               {"y2", top(to.y)}});
}

void svg_chart::grid_x() {
  for (const axis::tick& tick : x_.ticks()) vertical(tick.at, "grid");
}

void svg_chart::labels_x() {
  for (const axis::tick& tick : x_.ticks()) {
    content_ += element(
        "text",
        {{"class", tick.minor ? "tick-x minor" : "tick-x"}, {"x", left(tick.at)}, {"y", "100%"}},
        escaped(tick.label));
  }
}

void svg_chart::grid() {
  grid_x();
  labels_x();
  for (const axis::tick& tick : y_.ticks()) {
    horizontal(tick.at, "grid");
    content_ += element("text", {{"class", "tick-y"}, {"x", "0"}, {"y", top(tick.at)}},
                        escaped(tick.label));
  }
}

void svg_chart::band(double from, double to, std::string_view style) {
  const std::string width = coordinate((x_.place(to) - x_.place(from)) * 100) + '%';
  content_ += element(
      "rect",
      {{"class", style}, {"x", left(from)}, {"y", "0"}, {"width", width}, {"height", "100%"}});
}

void svg_chart::vertical(double x, std::string_view style) {
  const std::string at = left(x);
  content_ +=
      element("line", {{"class", style}, {"x1", at}, {"y1", "0"}, {"x2", at}, {"y2", "100%"}});
}

void svg_chart::horizontal(double y, std::string_view style) {
  const std::string at = top(y);
  content_ +=
      element("line", {{"class", style}, {"x1", "0"}, {"y1", at}, {"x2", "100%"}, {"y2", at}});
}

std::string svg_chart::path(std::span<const point> through) const {
  std::string text;
  for (const point& at : through) {
    text += text.empty() ? 'M' : 'L';
    text += coordinate(x_.place(at.x) * 1000) + ' ' + coordinate(1000 - y_.place(at.y) * 1000);
  }
  return text;
}

void svg_chart::stretched(std::string_view path, std::string_view style) {
  content_ += element("svg",
                      {{"viewBox", "0 0 1000 1000"},
                       {"preserveAspectRatio", "none"},
                       {"width", "100%"},
                       {"height", "100%"}},
                      element("path", {{"class", style}, {"d", path}}));
}

void svg_chart::line(std::span<const point> through, std::string_view style) {
  if (!through.empty()) stretched(path(through), style);
}

void svg_chart::area(std::span<const point> through, std::string_view style) {
  if (through.empty()) return;
  const std::string first = coordinate(x_.place(through.front().x) * 1000);
  const std::string last = coordinate(x_.place(through.back().x) * 1000);
  stretched(path(through) + 'L' + last + " 1000L" + first + " 1000Z", style);
}

void svg_chart::mark(point at, marker shape, std::string_view style, std::string_view says) {
  const std::string x = left(at.x);
  const std::string y = top(at.y);
  if (shape == marker::circle) {
    content_ +=
        element("circle", {{"class", style}, {"cx", x}, {"cy", y}, {"r", "4"}}, titled(says));
  } else {
    content_ += element("rect",
                        {{"class", style},
                         {"x", x},
                         {"y", y},
                         {"width", "8"},
                         {"height", "8"},
                         {"transform", "translate(-4 -4)"}},
                        titled(says));
  }
}

void svg_chart::interval(double low, double high, double y, std::string_view style) {
  rule({low, y}, {high, y}, style);
  const auto end = [&](double bound, std::string_view arrow) {
    const std::string_view shape = x_.holds(bound) ? "M0 -8V8" : arrow;
    content_ += element("svg", {{"overflow", "visible"}, {"x", left(bound)}, {"y", top(y)}},
                        element("path", {{"class", style}, {"d", shape}}));
  };
  end(low, "M6 -5L0 0L6 5");
  end(high, "M-6 -5L0 0L-6 5");
}

std::string svg_chart::text() const {
  return element("svg",
                 {{"class", "chart"},
                  {"xmlns", "http://www.w3.org/2000/svg"},
                  {"role", "img"},
                  {"width", "100%"},
                  {"height", std::to_string(height_)}},
                 content_);
}

}  // namespace crossfade::ab::detail
