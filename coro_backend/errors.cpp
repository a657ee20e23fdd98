#include "coro_backend/errors.hpp"

#include <algorithm>

#include "coro_backend/detail/exception_kind.hpp"

namespace crossfade::coro_backend {

namespace detail {

bool is_cancellation(const std::exception_ptr& error) noexcept {
  if (error == nullptr) return false;
  try {
    std::rethrow_exception(error);
  } catch (const cancelled&) {
    return true;
  } catch (...) {
    return false;
  }
}

bool is_std_exception(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace detail

void throw_exception_group(const std::string& message, std::vector<std::exception_ptr> exceptions) {
  if (std::ranges::all_of(exceptions, detail::is_std_exception))
    throw exception_group(message, std::move(exceptions));
  throw base_exception_group(message, std::move(exceptions));
}

}  // namespace crossfade::coro_backend
