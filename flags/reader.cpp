#include "flags/reader.hpp"

#include <mutex>

namespace crossfade::flags {

reader::reader(std::shared_ptr<detail::published> source) : source_(std::move(source)) {
  refresh();
}

void reader::refresh() noexcept {
  const std::lock_guard lock(source_->mutex);
  snapshot_ = source_->current;
  generation_ = source_->generation.load(std::memory_order_relaxed);
}

}  // namespace crossfade::flags
