#include "tests/portfolio/service/scrape.hpp"

#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace portfolio::blackbox {

samples scrape(connection& from) {
  static const std::regex help("# HELP [a-z_]+ .+");
  static const std::regex type("# TYPE ([a-z_]+) (counter|gauge|histogram)");
  static const std::regex sample(
      R"re((([a-z_]+)(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) ([0-9.e+-]+))re");
  const reply given = from.get("/metrics");
  if (given.status != 200 || given.type != "text/plain; version=0.0.4; charset=utf-8") {
    throw std::runtime_error("/metrics: " + std::to_string(given.status) + ' ' + given.type);
  }
  samples found;
  std::set<std::string> lines_of_it;  // that the family in front has
  std::istringstream lines(given.body);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (std::regex_match(line, help)) continue;
    if (std::regex_match(line, parts, type)) {
      const std::string family = parts[1];
      const bool is_counter = parts[2] == "counter";
      if (parts[2] == "histogram") {
        lines_of_it = {family + "_bucket", family + "_sum", family + "_count"};
      } else {
        lines_of_it = {family};
      }
      if (family.ends_with("_total") != is_counter) throw std::runtime_error("misnamed: " + line);
      continue;
    }
    if (!std::regex_match(line, parts, sample)) throw std::runtime_error("no sample: " + line);
    if (!lines_of_it.contains(parts[2])) throw std::runtime_error("of another family: " + line);
    if (!found.emplace(parts[1], std::stod(parts[3])).second) {
      throw std::runtime_error("there twice: " + line);
    }
  }
  return found;
}

}  // namespace portfolio::blackbox
