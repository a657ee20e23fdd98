#pragma once

#include "portfoliod/storage.hpp"

#include "domain/csv.hpp"

#include <string_view>
#include <vector>

namespace portfoliod {

class database;

struct import_report {
  import_counts counts;
  std::vector<portfolio::rejection> rejected;
};

/// Puts the trades of a CSV file into the database. Lifetime: the text outlives the wait. Throws:
/// `portfolio::bad_header`; `std::overflow_error`.
crossfade::task<import_report> import_csv(database& db, std::string_view csv);

}  // namespace portfoliod
