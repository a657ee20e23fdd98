#include "compat/http/handler.hpp"

#include "compat/shield.hpp"

#include <exception>

namespace crossfade::http {

handler spawned_in(subsystem& system, handler inner,
                   std::function<std::string_view(const request&)> targeting_key) {
  return [&system, inner = std::move(inner),
          targeting_key = std::move(targeting_key)](request& r) -> task<response> {
    const std::string name = r.method + ' ' + r.path;
    const std::string_view whom = targeting_key ? targeting_key(r) : std::string_view();
    auto answering =
        system.spawn({.name = name, .targeting_key = whom}, [&inner, &r]() { return inner(r); });
    std::exception_ptr interruption;
    try {
      co_return co_await answering.join();
    } catch (const cancelled&) {
      interruption = std::current_exception();
    }
    answering.cancel("nobody waits for the answer any more");
    // It refers to the request, and so has to end first.
    auto ended = [&]() -> task<> {
      try {
        static_cast<void>(co_await answering.join());
      } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody left to be told
      }
    };
    co_await shield(ended);
    std::rethrow_exception(interruption);
  };
}

}  // namespace crossfade::http
