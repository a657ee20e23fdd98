#pragma once

namespace crossfade::flags {

/// Which of flagd's algorithms assigns keys to the buckets of `fractional`. Each puts most keys
/// elsewhere than the others do, so a change re-buckets everybody.
enum class fractional_generation {
  v1,  ///< before flagd core 0.15.0: a hundred slots, in floating point
  v2,  ///< flagd core 0.15.0 and later: as many slots as the weights sum up to
  v3,  ///< flagd's accepted successor: keys of any JSON type, hashed as CBOR
};

}  // namespace crossfade::flags
