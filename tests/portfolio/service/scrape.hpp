#pragma once

#include "tests/portfolio/service/http.hpp"

#include <map>
#include <string>

namespace portfolio::blackbox {

/// The samples of `/metrics`, by name and labels as they are written there.
using samples = std::map<std::string, double>;

/// Asks for them as Prometheus does. Throws at a line that its text format does not have, at a
/// sample of an unknown family and at one that is there twice.
samples scrape(connection& from);

}  // namespace portfolio::blackbox
