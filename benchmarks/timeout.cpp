#include "implementations/all.hpp"
#include "questions.hpp"

#include "compat/timeout.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// One operation: a task puts a timeout of about an hour on something that ends at once: it is armed
// and disarmed. Every 100 operations the task yields, so that what disarming left behind is reaped
// and paid for.
//
// `among_10000`: as many other timeouts, of various lengths, are armed all the while.

namespace crossfade::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t operations_between_yields = 100;

// Distinct deadlines, as in life.
std::chrono::nanoseconds timeout_number(std::size_t n) {
  return 1h + static_cast<std::int64_t>(n * 7919 % 10'000) * 1ms;
}

template <class Implementation>
tally asio_timeout_row(std::size_t others, std::size_t operations) {
  Implementation asio;
  std::deque<asio_timeout> armed;
  tally result;
  asio.run(1, [&](auto& self, std::size_t) {
    for (std::size_t n = 0; n < others; ++n) armed.emplace_back(asio.context(), timeout_number(n));
    self.yield();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      {
        const asio_timeout timeout{asio.context(), timeout_number(n)};
        result.count();
      }
      if (n % operations_between_yields == 0) self.yield();
    }
    result.stop();
    armed.clear();
  });
  return result;
}

template <coroutine_text Implementation>
tally asio_timeout_row(std::size_t others, std::size_t operations) {
  Implementation asio;
  std::deque<asio_timeout> armed;
  tally result;
  asio.run(1, [&](auto& self, std::size_t) -> typename Implementation::task {
    for (std::size_t n = 0; n < others; ++n) armed.emplace_back(asio.context(), timeout_number(n));
    co_await self.yield();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      {
        const asio_timeout timeout{asio.context(), timeout_number(n)};
        result.count();
      }
      if (n % operations_between_yields == 0) co_await self.yield();
    }
    result.stop();
    armed.clear();
  });
  return result;
}

/// The least a store of timeouts can do: intrusive lists in the slots of a hierarchical timer
/// wheel.
class wheel {
 public:
  struct entry {
    entry* previous = this;
    entry* next = this;
  };

  void arm(entry& timeout, std::chrono::milliseconds ticks) {
    const auto deadline = static_cast<std::uint32_t>(ticks.count());
    const auto level = static_cast<std::size_t>(std::bit_width(deadline) - 1) / 8;
    entry& slot = slots_[level][deadline >> (level * 8) & 255];
    timeout.previous = slot.previous;
    timeout.next = &slot;
    slot.previous->next = &timeout;
    slot.previous = &timeout;
  }

  static void disarm(entry& timeout) {
    timeout.previous->next = timeout.next;
    timeout.next->previous = timeout.previous;
  }

 private:
  std::array<std::array<entry, 256>, 4> slots_{};
};

tally wheel_row(std::size_t others, std::size_t operations) {
  const auto ticks = [](std::size_t n) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(timeout_number(n));
  };
  const auto timeouts = std::make_unique<wheel>();
  std::deque<wheel::entry> armed(others);
  for (std::size_t n = 0; n < others; ++n) timeouts->arm(armed[n], ticks(n));
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) {
    wheel::entry timeout;
    timeouts->arm(timeout, ticks(n));
    result.count();
    wheel::disarm(timeout);
  }
  result.stop();
  return result;
}

// Boost.Fiber can only wait with a timeout, so its operation has two switches more: to the fiber
// that ends the wait, and back.
tally boost_fiber_row(std::size_t operations) {
  boost_fiber implementation;
  boost::fibers::mutex mutex;
  boost::fibers::condition_variable ended;
  tally result;
  std::size_t waits = 0;
  implementation.run(2, [&](boost_fiber& self, std::size_t i) {
    self.yield();
    if (i == 0) {
      result.start();
      for (std::size_t n = 0; n < operations; ++n) {
        std::unique_lock guard(mutex);
        ++waits;
        if (ended.wait_for(guard, timeout_number(n)) == boost::fibers::cv_status::no_timeout) {
          result.count();
        }
      }
      result.stop();
    } else {
      while (waits < operations || result.done() < operations) {
        ended.notify_one();
        self.yield();
      }
    }
  });
  return result;
}

tally crossfade_fiber_row(std::size_t operations) {
  crossfade_fiber implementation;
  tally result;
  implementation.run(1, [&](crossfade_fiber& self, std::size_t) {
    const auto body = [&] { result.count(); };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      await(with_timeout(timeout_number(n), body));
      if (n % operations_between_yields == 0) self.yield();
    }
    result.stop();
  });
  return result;
}

tally crossfade_coro_row(std::size_t others, std::size_t operations) {
  crossfade_coro implementation;
  tally result;
  implementation.run(1, [&](crossfade_coro& self, std::size_t) -> task<> {
    std::vector<handle<>> armed;
    for (std::size_t n = 0; n < others; ++n) {
      armed.push_back(spawn([n]() -> task<> { co_await sleep(timeout_number(n)); }));
    }
    co_await self.yield();
    const auto body = [&] { result.count(); };
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      co_await with_timeout(timeout_number(n), body);
      if (n % operations_between_yields == 0) co_await self.yield();
    }
    result.stop();
  });
  return result;
}

}  // namespace

void add_timeout_rows(suite& rows) {
  constexpr implementation limit{"limit", part::limit, stack::either};
  for (const std::size_t others : {std::size_t{0}, std::size_t{10'000}}) {
    const std::string question = others == 0 ? "timeout/alone" : "timeout/among_10000";
    rows.add(question, limit, [others](std::size_t n) { return wheel_row(others, n); });
    if (others == 0) rows.add(question, boost_fiber::who, boost_fiber_row);
    const auto add = [&]<class Implementation>() {
      rows.add(question, Implementation::who,
               [others](std::size_t n) { return asio_timeout_row<Implementation>(others, n); });
    };
    add.operator()<asio_awaitable>();
    add.operator()<asio_spawn>();
    if (others == 0) rows.add(question, crossfade_fiber::who, crossfade_fiber_row);
    rows.add(question, crossfade_coro::who,
             [others](std::size_t n) { return crossfade_coro_row(others, n); });
  }
  rows.add_growth("timeout", limit, wheel_row);
  rows.add_growth("timeout", crossfade_coro::who, crossfade_coro_row);
}

}  // namespace crossfade::benchmarks
