#pragma once

#include <exception>

namespace crossfade::coro_backend::detail {

/// Whether it is a `cancelled` or a `cancelled_error`; null is not.
bool is_cancellation(const std::exception_ptr& error) noexcept;
/// Whether it is what asyncio calls an Exception.
bool is_std_exception(const std::exception_ptr& error) noexcept;

}  // namespace crossfade::coro_backend::detail
