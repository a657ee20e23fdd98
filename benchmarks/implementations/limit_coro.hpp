#pragma once

#include "../harness.hpp"
#include "fifo.hpp"
#include "recycled.hpp"

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <utility>
#include <vector>

namespace crossfade::benchmarks {

/// The least a scheduler of coroutines can do: plain coroutines in recycled frames, resumed from an
/// intrusive FIFO. No cancellation, results, names or errors.
class limit_coro {
 public:
  static constexpr implementation who{"limit_coro", part::limit, stack::none};

  class task;
  class gate_base;
  class lock;
  class event;
  class queue;

  /// Starts worker(*this, i) for each i < count and returns when nothing is ready any more.
  template <class Worker>
  void run(std::size_t count, const Worker& worker);

  auto yield();

  template <class Child>
  auto spawn(const Child& child);

 private:
  struct node {
    node* next = nullptr;
    std::coroutine_handle<> waiter;
  };

  fifo<node> ready_;
};

class [[nodiscard]] limit_coro::task {
 public:
  class promise_type {
   public:
    task get_return_object() { return task{handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct to_continuation {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(handle ended) noexcept {
          return ended.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return to_continuation{};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }

    static void* operator new(std::size_t size) { return recycled::take(size); }
    static void operator delete(void* frame, std::size_t size) { recycled::give(frame, size); }

    std::coroutine_handle<> continuation = std::noop_coroutine();
  };
  using handle = std::coroutine_handle<promise_type>;

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  ~task() {
    if (handle_) handle_.destroy();
  }

  handle get() const { return handle_; }

  /// Runs it in place of the awaiting coroutine.
  auto operator co_await() && {
    struct run_now {
      handle callee;
      bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
        callee.promise().continuation = caller;
        return callee;
      }
      void await_resume() {}
    };
    return run_now{handle_};
  }

 private:
  explicit task(handle coroutine) : handle_(coroutine) {}

  handle handle_;
};

template <class Worker>
void limit_coro::run(std::size_t count, const Worker& worker) {
  std::vector<task> tasks;
  std::vector<node> starts(count);
  tasks.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    starts[i].waiter = tasks.emplace_back(worker(*this, i)).get();
    ready_.push(starts[i]);
  }
  while (node* const next = ready_.pop()) next->waiter.resume();
}

inline auto limit_coro::yield() {
  struct to_the_end {
    limit_coro& self;
    node place{};
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      place.waiter = caller;
      self.ready_.push(place);
    }
    void await_resume() {}
  };
  return to_the_end{*this};
}

template <class Child>
auto limit_coro::spawn(const Child& child) {
  struct joined {
    limit_coro& self;
    std::coroutine_handle<task::promise_type> callee;
    node start{};
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      callee.promise().continuation = caller;
      start.waiter = callee;
      self.ready_.push(start);
    }
    void await_resume() {}
  };
  struct started {
    limit_coro& self;
    task callee;
    auto join() { return joined{self, callee.get()}; }
  };
  return started{*this, child()};
}

class limit_coro::gate_base {
 protected:
  struct passage {
    gate<node>& way;
    node place{};
    bool await_ready() { return way.try_pass(); }
    void await_suspend(std::coroutine_handle<> caller) {
      place.waiter = caller;
      way.wait(place);
    }
    int await_resume() { return 0; }
  };

  gate_base(limit_coro& scheduler, bool open) : scheduler_(scheduler), gate_(open) {}

  passage pass() { return {gate_}; }
  void open() {
    if (node* const next = gate_.open()) scheduler_.ready_.push(*next);
  }

 private:
  limit_coro& scheduler_;
  gate<node> gate_;
};

class limit_coro::lock : gate_base {
 public:
  explicit lock(limit_coro& scheduler) : gate_base(scheduler, true) {}
  auto acquire(limit_coro&) { return pass(); }
  void release(int) { open(); }
};

class limit_coro::event : gate_base {
 public:
  explicit event(limit_coro& scheduler) : gate_base(scheduler, false) {}
  auto wait(limit_coro&) { return pass(); }
  void clear() {}  // passing closes the gate
  void set() { open(); }
};

class limit_coro::queue : gate_base {
 public:
  explicit queue(limit_coro& scheduler) : gate_base(scheduler, false) {}
  void put(int item) {
    item_ = item;
    open();
  }
  auto take(limit_coro&) {
    struct item : passage {
      const int& slot;
      int await_resume() { return slot; }
    };
    return item{pass(), item_};
  }

 private:
  int item_ = 0;
};

}  // namespace crossfade::benchmarks
