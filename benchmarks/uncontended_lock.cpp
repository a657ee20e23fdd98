#include "implementations/all.hpp"
#include "questions.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>

// One operation: a task takes a free lock and gives it back.
//
// The limit is two virtual calls: what any lock costs that is reached through an interface.

namespace crossfade::benchmarks {

// Neither hidden in this file nor inline: or the compiler sees the only class there is, and no call
// is left.
class lockable {
 public:
  virtual ~lockable() = default;
  virtual void acquire() = 0;
  virtual void release() = 0;
};

class flag : public lockable {
 public:
  [[gnu::noinline]] void acquire() override { held_ = true; }
  [[gnu::noinline]] void release() override { held_ = false; }

 private:
  bool held_ = false;
};

namespace {

template <class Implementation>
tally uncontended_lock(std::size_t operations) {
  Implementation implementation;
  typename Implementation::lock lock{implementation};
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) {
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      auto held = lock.acquire(self);
      result.count();
      lock.release(held);
    }
    result.stop();
  });
  return result;
}

template <coroutine_text Implementation>
tally uncontended_lock(std::size_t operations) {
  Implementation implementation;
  typename Implementation::lock lock{implementation};
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) -> typename Implementation::task {
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      auto held = co_await lock.acquire(self);
      result.count();
      lock.release(held);
    }
    result.stop();
  });
  return result;
}

// Asio's awaitable cannot end without suspending; who knows that asks first.
template <coroutine_text Asio>
  requires requires(typename Asio::lock& lock) { lock.try_acquire(); }
tally uncontended_lock(std::size_t operations) {
  Asio implementation;
  typename Asio::lock lock{implementation};
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) -> typename Asio::task {
    result.start();
    for (std::size_t n = 0; n < operations; ++n) {
      int held = 0;
      if (!lock.try_acquire()) held = co_await lock.acquire(self);
      result.count();
      lock.release(held);
    }
    result.stop();
  });
  return result;
}

tally two_virtual_calls(std::size_t operations) {
  flag flag;
  lockable* lock = &flag;
  benchmark::DoNotOptimize(lock);
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) {
    lock->acquire();
    result.count();
    lock->release();
  }
  result.stop();
  return result;
}

}  // namespace

void add_uncontended_lock_rows(suite& rows) {
  constexpr implementation limit{"limit", part::limit, stack::either};
  rows.add("uncontended_lock/lock_unlock", limit, two_virtual_calls);
  for_each_implementation([&]<class Implementation>() {
    if constexpr (Implementation::who.part != part::limit) {
      rows.add("uncontended_lock/lock_unlock", Implementation::who,
               [](std::size_t n) { return uncontended_lock<Implementation>(n); });
    }
  });
}

}  // namespace crossfade::benchmarks
