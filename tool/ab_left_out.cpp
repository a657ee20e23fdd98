#include "tool/ab.hpp"

#include <iostream>

namespace crossfade::tool {

status ab(const std::vector<std::string>&) {
  std::cerr << "ab: is not part of this build; expected CROSSFADE_AB and CROSSFADE_HTTP to be ON "
               "where it is configured\n";
  return status::usage;
}

}  // namespace crossfade::tool
