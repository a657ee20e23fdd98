#pragma once

#include "flags/detail/json.hpp"
#include "flags/detail/objections.hpp"

namespace crossfade::flags::detail {

/// Checks all of a document but its rules. What raises no error has the form that `read_document`
/// relies on.
void check_document(const json& root, schema schema, const objections& object_to);

}  // namespace crossfade::flags::detail
