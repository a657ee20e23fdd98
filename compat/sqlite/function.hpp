#pragma once

namespace crossfade::sqlite {

struct function_options {
  /// The same arguments give the same result, always: SQLite then calls it less often, and lets it
  /// stand in an index.
  bool deterministic = false;
};

}  // namespace crossfade::sqlite
