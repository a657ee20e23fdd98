#include "compat/detail/pooled_text.hpp"

#include <cstring>
#include <new>

namespace crossfade::detail {

pooled_text::block* pooled_text::copy(std::string_view text) {
  auto* made = new (allocate_frame(sizeof(block) + text.size())) block{text.size()};
  std::memcpy(text_of(*made), text.data(), text.size());
  return made;
}

}  // namespace crossfade::detail
