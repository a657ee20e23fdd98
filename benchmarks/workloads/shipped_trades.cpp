#include "benchmarks/workloads/shipped_trades.hpp"

#include <stdexcept>

namespace crossfade::workloads {
namespace {

// The first row, with its end; a line that ends inside of quotes does not end one. All that is left
// if there is none.
std::string_view first_row(std::string_view csv) {
  bool quoted = false;
  for (std::size_t n = 0; n < csv.size(); ++n) {
    if (csv[n] == '"') quoted = !quoted;
    if (csv[n] == '\n' && !quoted) return csv.substr(0, n + 1);
  }
  return csv;
}

}  // namespace

std::vector<std::string_view> first_trades(std::size_t count) {
  std::vector<std::string_view> rows;
  std::string_view rest = shipped_trades;
  while (rows.size() < count + 1) {
    if (rest.empty()) {
      throw std::runtime_error("trades.csv has " + std::to_string(rows.size()) +
                               " rows with its header; expected " + std::to_string(count + 1));
    }
    rows.push_back(first_row(rest));
    rest.remove_prefix(rows.back().size());
  }
  return rows;
}

std::string marked_trades(const std::vector<std::string_view>& rows, std::string_view mark) {
  std::string csv;
  for (const std::string_view row : rows) {
    if (!csv.empty()) csv += mark;  // the header has no id
    csv += row;
  }
  return csv;
}

}  // namespace crossfade::workloads
