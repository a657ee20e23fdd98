#include "flags/detail/targeting.hpp"

#include "flags/detail/coercion.hpp"
#include "flags/detail/program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory_resource>
#include <new>
#include <string_view>

namespace crossfade::flags::detail {
namespace {

/// The heap, up to a limit: rules can double their lists at each step.
class limited_heap : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    constexpr std::size_t limit = 16 * 1024 * 1024;
    if (bytes > limit - used_) throw std::bad_alloc();
    used_ += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    used_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t used_ = 0;
};

choice error(error_code code) { return {reason::error, {}, code}; }

choice named(const flag& flag, std::string_view name) {
  const auto found =
      std::find_if(flag.variants.begin(), flag.variants.end(),
                   [&](const flags::variant& variant) { return variant.name == name; });
  if (found == flag.variants.end()) return error(error_code::general);
  return {reason::targeting_match, static_cast<std::size_t>(found - flag.variants.begin())};
}

choice chosen_by(const datum& value, const flag& flag, std::pmr::memory_resource& memory) {
  switch (value.type()) {
    case kind::null:
      return {reason::default_value};
    case kind::boolean:
      return named(flag, value.truth() ? "true" : "false");
    case kind::number:
      if (!std::isfinite(value.number())) break;
      return named(flag, number_text(value.number(), memory));
    case kind::text:
      return named(flag, value.text());
    case kind::list:
    case kind::object:
      return error(error_code::general);
    case kind::failure:
      break;
  }
  return error(error_code::parse_error);
}

}  // namespace

choice target(const flag& flag, const context& context, fractional_generation generation) noexcept {
  try {
    limited_heap heap;
    std::array<std::byte, 1024> usual;
    std::pmr::monotonic_buffer_resource memory(usual.data(), usual.size(), &heap);
    evaluation with{memory, generation};
    const root_data root(context.members(), flag.key, context.now());
    return chosen_by(run(*flag.rule, scope(root), with), flag, memory);
  } catch (const std::bad_alloc&) {
    return error(error_code::general);
  }
}

}  // namespace crossfade::flags::detail
