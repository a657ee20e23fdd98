#include "compat/detail/stack_frames.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdio>

#include "compat/detail/demangled.hpp"

namespace crossfade {

std::string stack_frame::text() const {
  std::array<char, 24> where{};
  std::snprintf(where.data(), where.size(), "+0x%zx", static_cast<std::size_t>(offset));
  const std::string place = module + where.data();
  return function.empty() ? place : function + " (" + place + ")";
}

namespace detail {

std::vector<stack_frame> frames_of(const stack_sample& sample) {
  std::vector<stack_frame> frames;
  for (int i = sample.skipped; i < sample.depth; ++i) {
    // All but the innermost are where a call returns to: the call itself lies before it.
    const auto* const address =
        static_cast<const char*>(sample.frames[static_cast<std::size_t>(i)]) -
        (i == sample.skipped ? 0 : 1);
    Dl_info info{};
    link_map* map = nullptr;
    stack_frame frame{.offset = reinterpret_cast<std::uintptr_t>(address)};
    if (dladdr1(address, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0) {
      if (info.dli_sname != nullptr) frame.function = demangled(info.dli_sname);
      if (info.dli_fname != nullptr) frame.module = info.dli_fname;
      if (map != nullptr) frame.offset -= map->l_addr;
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace detail

}  // namespace crossfade
