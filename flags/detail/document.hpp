#pragma once

#include "flags/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags::detail {

struct document {
  metadata_map metadata;
  std::vector<flag> flags;  ///< sorted by key, each key once
};

/// Reads and judges the text of a flagd document as a whole.
/// Throws: `flag_error` with `name`, at the first thing that is wrong.
document read_document(std::string_view text, const std::string& name);

/// The JSON pointer of one of the flag's variants.
std::string variant_pointer(const flag& flag, const variant& variant);

}  // namespace crossfade::flags::detail
