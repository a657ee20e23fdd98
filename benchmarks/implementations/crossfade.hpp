#pragma once

#include "../harness.hpp"

#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/loop.hpp"
#include "compat/queue.hpp"
#include "compat/sleep.hpp"
#include "compat/spawn.hpp"
#include "compat/task.hpp"
#include "compat/task_group.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"

#include <cstddef>
#include <type_traits>
#include <utility>

namespace crossfade::benchmarks {

/// Crossfade's coroutine backend, reading coroutine text.
class crossfade_coro {
 public:
  static constexpr implementation who{"crossfade_coro", part::ours, stack::none};

  using task = crossfade::task<>;
  class lock;
  class event;
  class queue;

  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    loop_.run(coroutines_, [&]() -> task {
      const auto spawn_all = [&](task_group& workers) {
        for (std::size_t i = 0; i < count; ++i)
          workers.spawn([this, &worker, i] { return worker(*this, i); });
      };
      co_await with_task_group(spawn_all);
    });
  }

  auto yield() { return checkpoint(); }

  template <class Child>
  auto spawn(const Child& child) {
    return crossfade::spawn(child);
  }

  crossfade::loop& loop() { return loop_; }

 private:
  crossfade::loop loop_;
  coro_backend::backend coroutines_{loop_};
};

class crossfade_coro::lock {
 public:
  explicit lock(crossfade_coro&) {}
  auto acquire(crossfade_coro&) { return lock_.acquire(); }
  void release(crossfade::lock::guard&) {}  // it goes out of scope

 private:
  crossfade::lock lock_;
};

class crossfade_coro::event {
 public:
  explicit event(crossfade_coro&) {}
  auto wait(crossfade_coro&) { return event_.wait(); }
  void clear() { event_.clear(); }
  void set() { event_.set(); }

 private:
  crossfade::event event_;
};

class crossfade_coro::queue {
 public:
  explicit queue(crossfade_coro&) {}
  auto take(crossfade_coro&) { return queue_.get(); }
  void put(int item) { queue_.try_put(std::move(item)); }

 private:
  crossfade::queue<int> queue_{1};
};

/// Crossfade's fiber backend, reading blocking text.
class crossfade_fiber {
 public:
  static constexpr implementation who{"crossfade_fiber", part::ours, stack::own};

  class lock;
  class event;
  class queue;

  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    loop_.run(fibers_, [&] {
      const auto spawn_all = [&](task_group& workers) {
        for (std::size_t i = 0; i < count; ++i)
          workers.spawn([this, &worker, i] { worker(*this, i); });
      };
      await(with_task_group(spawn_all));
    });
  }

  void yield() { await(checkpoint()); }

  template <class Child>
  auto spawn(const Child& child) {
    struct started {
      handle<> task;
      void join() { await(task.join()); }
    };
    return started{crossfade::spawn(child)};
  }

  crossfade::loop& loop() { return loop_; }

 private:
  crossfade::loop loop_;
  fiber_backend::backend fibers_{loop_};
};

class crossfade_fiber::lock {
 public:
  explicit lock(crossfade_fiber&) {}
  auto acquire(crossfade_fiber&) { return await(lock_.acquire()); }
  void release(crossfade::lock::guard&) {}  // it goes out of scope

 private:
  crossfade::lock lock_;
};

class crossfade_fiber::event {
 public:
  explicit event(crossfade_fiber&) {}
  void wait(crossfade_fiber&) { await(event_.wait()); }
  void clear() { event_.clear(); }
  void set() { event_.set(); }

 private:
  crossfade::event event_;
};

class crossfade_fiber::queue {
 public:
  explicit queue(crossfade_fiber&) {}
  int take(crossfade_fiber&) { return await(queue_.get()); }
  void put(int item) { queue_.try_put(std::move(item)); }

 private:
  crossfade::queue<int> queue_{1};
};

}  // namespace crossfade::benchmarks
