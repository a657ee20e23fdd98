#pragma once

#include "compat/http/message.hpp"

#include "compat/subsystem.hpp"
#include "compat/task.hpp"

#include <concepts>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace crossfade::http {

/// A function from a request to a response, of either text: `task<response>(const request&)` or
/// `response(const request&)`; also `request&`, for who wants to move from it.
///
/// Blocking text runs where it is called: to wait, it needs a stack. Copies share nothing.
/// Cancellation: as the function's. Throws: what the function throws.
class handler {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, handler> &&
             std::same_as<crossfade::detail::result_of<std::decay_t<F>&, request&>, response>)
  // A function is a handler; the constraint excludes handlers.
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
  handler(F&& function) {
    if constexpr (crossfade::detail::is_coroutine_text<std::decay_t<F>&, request&>) {
      call_ = std::forward<F>(function);
    } else {
      call_ = [f = std::forward<F>(function)](request& r) mutable -> task<response> {
        co_return std::invoke(f, r);
      };
    }
  }

  /// Lifetime: handler and request outlive the wait.
  task<response> operator()(request& r) const { return call_(r); }

 private:
  std::function<task<response>(request&)> call_;
};

/// Has each request answered in a root task of `system`, on the backend that its flag names at that
/// moment: a flip moves the next request, also of a connection that is kept open.
///
/// `targeting_key(request)` says whom a request is for, so that a percentage of all accounts can be
/// moved; without it, or where it gives nothing, a request is for nobody in particular. What it
/// gives is used before the request is. Throws: what it throws, instead of an answer.
/// Cancellation: cancels the request's task and waits for its end. Lifetime: the subsystem outlives
/// the handler's calls.
handler spawned_in(subsystem& system, handler inner,
                   std::function<std::string_view(const request&)> targeting_key = {});

}  // namespace crossfade::http
