#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace crossfade::tool {

using row = std::vector<std::string>;

/// Prints rows of equal length, columns aligned to the left and two blanks apart.
void print_table(std::ostream& out, const std::vector<row>& rows);

}  // namespace crossfade::tool
