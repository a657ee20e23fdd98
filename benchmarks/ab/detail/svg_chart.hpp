#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::ab::detail {

/// Text as it stands in HTML and XML, in an attribute too.
std::string escaped(std::string_view text);

/// A direction of a chart: which values it shows, where, and which of them are marked.
class axis {
 public:
  struct tick {
    double at;
    std::string label;
    bool minor = false;  ///< left out where there is little room
  };
  using labels = std::function<std::string(double)>;

  /// From `low` to `high`, widened to the next round values.
  static axis linear(double low, double high, const labels& label);
  /// The same by orders of magnitude; `low` is above 0.
  static axis logarithmic(double low, double high, const labels& label);
  /// Shares of `count` values, 0 to nearly 1, each step towards 1 as wide as the one before with
  /// ten times the values left: 0, 90 %, 99 %, 99.9 % ...
  static axis percentiles(double count);
  /// Ratios: even around 1 for as far as `fine` goes to either side, by orders of magnitude and
  /// less beyond; as wide below 1 as above.
  static axis ratios(double low, double high, double fine, const labels& label);

  /// 0 for the first value of the axis, 1 for the last; what lies beyond is put at the end.
  double place(double value) const;
  bool holds(double value) const;
  const std::vector<tick>& ticks() const noexcept { return ticks_; }

 private:
  axis(std::function<double(double)> scale, double low, double high);
  void mark(double at, const labels& label, bool minor = false);

  std::function<double(double)> scale_;
  double low_;   // scaled
  double high_;  // likewise
  std::vector<tick> ticks_;
};

/// A point of a chart, in the values of its axes.
struct point {
  double x;
  double y;
};

enum class marker { circle, square };

/// An SVG that is as wide as its place on the page: what is drawn stretches, text and marks do not.
///
/// Styles are names of CSS classes. Nothing outside of the axes is drawn.
class svg_chart {
 public:
  /// `title` and `description` are what a screen reader says. Units: pixels.
  svg_chart(std::string_view title, std::string_view description, int height, axis x, axis y);

  /// Lines at the ticks, and what they stand for.
  void grid();
  void grid_x();    ///< the upright ones alone
  void labels_x();  ///< what they stand for alone
  void band(double from, double to, std::string_view style);
  void vertical(double x, std::string_view style);
  void horizontal(double y, std::string_view style);
  void line(std::span<const point> through, std::string_view style);
  /// A line with what is below it filled.
  void area(std::span<const point> through, std::string_view style);
  /// Who points at it reads `says`.
  void mark(point at, marker shape, std::string_view style, std::string_view says);
  /// A horizontal line with ends; an arrow where it goes on beyond the axis.
  void interval(double low, double high, double y, std::string_view style);

  std::string text() const;

 private:
  std::string left(double x) const;
  std::string top(double y) const;
  std::string path(std::span<const point> through) const;
  void rule(point from, point to, std::string_view style);
  void stretched(std::string_view path, std::string_view style);

  axis x_;
  axis y_;
  int height_;
  std::string content_;
};

}  // namespace crossfade::ab::detail
