#pragma once

#include <cstddef>
#include <string_view>

#include "compat/detail/frame_pool.hpp"

namespace crossfade::detail {

/// A copy of a text for as long as a task lives, in pooled memory; nothing for an empty one.
class pooled_text {
 public:
  explicit pooled_text(std::string_view text) : block_(text.empty() ? nullptr : copy(text)) {}
  ~pooled_text() {
    if (block_ != nullptr) deallocate_frame(block_, sizeof(block) + block_->length);
  }
  pooled_text(const pooled_text&) = delete;
  pooled_text& operator=(const pooled_text&) = delete;

  std::string_view view() const noexcept {
    return block_ != nullptr ? std::string_view(text_of(*block_), block_->length) : "";
  }

 private:
  // The characters follow.
  struct block {
    std::size_t length;
  };
  static char* text_of(block& b) noexcept { return reinterpret_cast<char*>(&b + 1); }
  static block* copy(std::string_view text);

  block* const block_;
};

}  // namespace crossfade::detail
