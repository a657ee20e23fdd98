#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "compat/on_fiber.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade::test_kit {

/// Where text that knows only Boost.Fiber runs.
struct host {
  enum class kind : std::uint8_t {
    plain,   ///< under Boost.Fiber's own scheduling: what the others must equal
    fiber,   ///< as a fiber of ours
    portal,  ///< in a portal of a coroutine
  };
  kind where;
  bool in_company = false;  ///< beside ported tasks that are always ready

  friend void PrintTo(const host& h, std::ostream* out) {
    constexpr const char* names[] = {"plain", "fiber", "portal"};
    *out << names[static_cast<int>(h.where)] << (h.in_company ? "_in_company" : "");
  }
};

inline constexpr host our_hosts[] = {{host::kind::fiber, false},
                                     {host::kind::fiber, true},
                                     {host::kind::portal, false},
                                     {host::kind::portal, true}};

/// A test of text that uses Boost.Fiber, on the host of its parameter. The clock is the real one:
/// Boost.Fiber's sleeps know no other.
class boost_fiber_test : public loop_test, public testing::WithParamInterface<host> {
 protected:
  boost_fiber_test() : loop_test({.virtual_time = false}) {}

  void run(const std::function<void()>& text) {
    if (GetParam().where == host::kind::plain) {
      text();
      return;
    }
    backend& carrier = backends_.of({cell::text::coroutine, GetParam().where == host::kind::fiber
                                                                ? cell::carrier::fiber
                                                                : cell::carrier::coro});
    auto scene = [&](task_group& group) -> task<> {
      if (GetParam().in_company) {
        group.on(backends_.fiber).spawn(&boost_fiber_test::never_waits_long);
        group.on(backends_.coro).spawn(&boost_fiber_test::never_waits_long);
      }
      co_await on_fiber(text);
      group.cancel();
    };
    loop_.run(carrier, [&]() -> task<> { co_await with_task_group(scene); });
  }

 private:
  static task<> never_waits_long() {
    for (;;) co_await checkpoint();
  }
};

}  // namespace crossfade::test_kit
