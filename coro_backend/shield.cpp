#include "coro_backend/shield.hpp"

namespace crossfade::coro_backend::detail {

bool pass_on_failure(future_core& inner, future_core& outer) {
  if (outer.cancelled()) {
    inner.mark_retrieved();
    return false;
  }
  if (inner.cancelled()) {
    outer.cancel({});
    return false;
  }
  if (const std::exception_ptr error = inner.exception()) {
    outer.set_exception(error);
    return false;
  }
  return true;
}

}  // namespace crossfade::coro_backend::detail
