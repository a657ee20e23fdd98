#pragma once

#include "flags/context.hpp"
#include "flags/detail/published.hpp"
#include "flags/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace crossfade::flags {

/// One thread's view of a `file`: the snapshot in force, at the price of one atomic load.
///
/// Only when the snapshot was exchanged does a read take a lock, once.
/// Threads: one at a time; give each thread, or loop, a copy of its own.
/// Lifetime: may outlive the file. It keeps the snapshot it saw last until it looks again.
class reader {
 public:
  explicit reader(std::shared_ptr<detail::published> source);

  /// The snapshot in force now; valid until the next call, or the end of the reader.
  const snapshot& current() noexcept {
    if (source_->generation.load(std::memory_order_acquire) != generation_) refresh();
    return *snapshot_;
  }

 private:
  void refresh() noexcept;

  std::shared_ptr<detail::published> source_;
  std::shared_ptr<const snapshot> snapshot_;
  std::uint64_t generation_ = 0;
};

/// Names the variant value in force for a flag: what `compat::runtime` asks for each root task.
///
/// Threads, Lifetime: as `reader`.
class chooser {
 public:
  explicit chooser(reader reader) : reader_(std::move(reader)) {}

  /// The flag's value in that context, of which a targeting key alone is one; valid until the next
  /// call. Empty, so that the caller's default applies, if the flag is disabled, absent, no string,
  /// without a variant for the context, or if its rule fails.
  std::string_view operator()(std::string_view flag_key, const context& context = {}) noexcept {
    return reader_.current().string(flag_key, {}, context).value;
  }

 private:
  reader reader_;
};

}  // namespace crossfade::flags
