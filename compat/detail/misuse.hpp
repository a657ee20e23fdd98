#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "compat/detail/op_base.hpp"

namespace crossfade::detail {

/// Who runs now, for a message: the label of the task, or "a callback".
std::string who_runs();

/// A task that is known by its id alone, for a message: its name and spawn site while it lives.
/// "nobody" if the id is 0.
std::string who_is(std::uint64_t id);

[[noreturn]] void fail_destroyed_with_waiter(const char* what, const op_base& waiter) noexcept;
[[noreturn]] void fail_destroyed_while_held(const char* what, std::uint64_t holder) noexcept;
[[noreturn]] void fail_destroyed_while_out(const char* what, std::size_t count) noexcept;

/// For the destructor of what tasks wait for. To go on would leave them in a queue that is no more,
/// so the program ends, in release builds too, with a message that names the first of them.
inline void require_no_waiters(const char* what, const wait_queue& waiters) noexcept {
  if (!waiters.empty()) [[unlikely]]
    fail_destroyed_with_waiter(what, *waiters.front());
}

}  // namespace crossfade::detail
