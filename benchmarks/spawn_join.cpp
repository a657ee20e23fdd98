#include "implementations/all.hpp"
#include "implementations/recycled.hpp"
#include "questions.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <source_location>
#include <string_view>
#include <utility>

// One operation: a task starts an empty task and waits for its end; then the next.
//
// `named_with_result`: the child has a name and gives a value, which is what ours are made for.
//
// The growth is of so many tasks that are spawned one after the other, and then wait for their
// turn.

namespace crossfade::benchmarks {
namespace {

template <class Implementation>
tally spawn_join(std::size_t operations) {
  Implementation implementation;
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) {
    const auto child = [&] { result.count(); };
    self.spawn(child).join();  // stacks and frames are recycled from here on
    result.start();
    for (std::size_t n = 0; n < operations; ++n) self.spawn(child).join();
    result.stop();
  });
  return result;
}

template <coroutine_text Implementation>
tally spawn_join(std::size_t operations) {
  using task = typename Implementation::task;
  Implementation implementation;
  tally result;
  implementation.run(1, [&](auto& self, std::size_t) -> task {
    const auto child = [&]() -> task {
      result.count();
      co_return;
    };
    co_await self.spawn(child).join();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) co_await self.spawn(child).join();
    result.stop();
  });
  return result;
}

// The least that `named_with_result` can be: nobody else is asked for anything, no task is carried
// in two ways, nothing can fail. The record says what ours says of a task, and nothing more: who it
// is, who started it where, who joins it, whether it is to end, its result, and where it stands
// among all tasks. Its name lies behind it.
class limit_record {
 public:
  struct loop {
    fifo<limit_record> ready;
    limit_record* first = nullptr;
    limit_record* last = nullptr;
    limit_record* current = nullptr;
    std::uint64_t last_id = 0;
  };

  class body {
   public:
    class promise_type {
     public:
      body get_return_object() {
        return {std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept {
        root->end();
        return {};
      }
      void return_value(std::size_t value) { root->result_ = value; }
      void unhandled_exception() { std::terminate(); }
      static void* operator new(std::size_t size) { return recycled::take(size); }
      static void operator delete(void* frame, std::size_t size) { recycled::give(frame, size); }

      limit_record* root = nullptr;
    };

    std::coroutine_handle<promise_type> frame;
  };

  static limit_record& spawn(loop& on, std::string_view name, body started,
                             std::source_location site = std::source_location::current()) {
    void* const memory = recycled::take(sizeof(limit_record) + name.size());
    auto* const made = new (memory) limit_record(on, name, started.frame, site);
    started.frame.promise().root = made;
    return *made;
  }

  auto join() {
    struct joined {
      limit_record& task;
      bool await_ready() { return task.ended_; }
      void await_suspend(std::coroutine_handle<> caller) {
        limit_record& joiner = *task.loop_.current;
        joiner.resume_point_ = caller;
        task.joiner_ = &joiner;
      }
      std::size_t await_resume() {
        const std::size_t result = task.result_;
        task.release();
        return result;
      }
    };
    return joined{*this};
  }

  static void run(loop& on) {
    while (limit_record* const turn = on.ready.pop()) {
      on.current = turn;
      turn->resume_point_.resume();
    }
  }

  limit_record* next = nullptr;

 private:
  limit_record(loop& on, std::string_view name, std::coroutine_handle<> start,
               const std::source_location& site)
      : resume_point_(start),
        loop_(on),
        previous_(on.last),
        id_(++on.last_id),
        parent_(on.current != nullptr ? on.current->id_ : 0),
        site_(site),
        name_(name.size()) {
    std::memcpy(static_cast<void*>(this + 1), name.data(), name.size());
    (previous_ != nullptr ? previous_->following_ : on.first) = this;
    on.last = this;
    on.ready.push(*this);
  }

  void end() {
    ended_ = true;
    (previous_ != nullptr ? previous_->following_ : loop_.first) = following_;
    (following_ != nullptr ? following_->previous_ : loop_.last) = previous_;
    if (joiner_ != nullptr) loop_.ready.push(*joiner_);
    release();
  }
  void release() {
    if (--references_ == 0) recycled::give(this, sizeof(limit_record) + name_);
  }

  std::coroutine_handle<> resume_point_;
  loop& loop_;
  limit_record* joiner_ = nullptr;
  limit_record* previous_;
  limit_record* following_ = nullptr;
  std::size_t result_ = 0;
  const std::uint64_t id_;
  [[maybe_unused]] const std::uint64_t parent_;
  const std::source_location site_;
  const std::size_t name_;
  bool ended_ = false;
  [[maybe_unused]] bool to_end_ = false;
  std::uint32_t references_ = 2;  // whoever joins it, and its end
};

tally limit_coro_spawns(std::size_t operations) {
  limit_record::loop loop;
  tally result;
  std::size_t sum = 0;
  const auto main = [&]() -> limit_record::body {
    const auto child = [&]() -> limit_record::body {
      result.count();
      co_return 1;
    };
    sum += co_await limit_record::spawn(loop, "refresh", child()).join();
    result.start();
    for (std::size_t n = 0; n < operations; ++n)
      sum += co_await limit_record::spawn(loop, "refresh", child()).join();
    result.stop();
    co_return 0;
  };
  limit_record& all = limit_record::spawn(loop, "", main());
  limit_record::run(loop);
  all.join().await_resume();
  benchmark::DoNotOptimize(sum);
  return result;
}

spawn_options named() { return {.name = "refresh"}; }

tally crossfade_fiber_spawns(std::size_t operations) {
  crossfade_fiber implementation;
  tally result;
  std::size_t sum = 0;
  implementation.run(1, [&](crossfade_fiber&, std::size_t) {
    const auto child = [&] {
      result.count();
      return std::size_t{1};
    };
    sum += await(spawn(named(), child).join());
    result.start();
    for (std::size_t n = 0; n < operations; ++n) sum += await(spawn(named(), child).join());
    result.stop();
  });
  benchmark::DoNotOptimize(sum);
  return result;
}

tally crossfade_coro_spawns(std::size_t operations) {
  crossfade_coro implementation;
  tally result;
  std::size_t sum = 0;
  implementation.run(1, [&](crossfade_coro&, std::size_t) -> task<> {
    const auto child = [&]() -> task<std::size_t> {
      result.count();
      co_return 1;
    };
    sum += co_await spawn(named(), child).join();
    result.start();
    for (std::size_t n = 0; n < operations; ++n) sum += co_await spawn(named(), child).join();
    result.stop();
  });
  benchmark::DoNotOptimize(sum);
  return result;
}

tally crossfade_fiber_fans_out(std::size_t tasks, std::size_t operations) {
  crossfade_fiber implementation;
  tally result;
  implementation.run(1, [&](crossfade_fiber&, std::size_t) {
    const auto spawn_all = [&](task_group& children) {
      for (std::size_t i = 0; i < tasks; ++i) children.spawn([&] { result.count(); });
    };
    await(with_task_group(spawn_all));  // stacks are there from here on
    result.start();
    for (std::size_t n = 0; n < operations; n += tasks) await(with_task_group(spawn_all));
    result.stop();
  });
  return result;
}

tally crossfade_coro_fans_out(std::size_t tasks, std::size_t operations) {
  crossfade_coro implementation;
  tally result;
  implementation.run(1, [&](crossfade_coro&, std::size_t) -> task<> {
    const auto child = [&]() -> task<> {
      result.count();
      co_return;
    };
    const auto spawn_all = [&](task_group& children) {
      for (std::size_t i = 0; i < tasks; ++i) children.spawn(child);
    };
    co_await with_task_group(spawn_all);
    result.start();
    for (std::size_t n = 0; n < operations; n += tasks) co_await with_task_group(spawn_all);
    result.stop();
  });
  return result;
}

}  // namespace

void add_spawn_join_rows(suite& rows) {
  const auto add = [&]<class Implementation>() {
    rows.add("spawn_join/empty_task", Implementation::who,
             [](std::size_t n) { return spawn_join<Implementation>(n); });
  };
  for_each_implementation(add);
  add.
  operator()<boost_fiber_dispatch>();  // skips the queue: the child runs before its spawner goes on

  rows.add("spawn_join/named_with_result", limit_coro::who, limit_coro_spawns);
  rows.add("spawn_join/named_with_result", crossfade_fiber::who, crossfade_fiber_spawns);
  rows.add("spawn_join/named_with_result", crossfade_coro::who, crossfade_coro_spawns);
  rows.add_growth("spawn", crossfade_fiber::who, crossfade_fiber_fans_out);
  rows.add_growth("spawn", crossfade_coro::who, crossfade_coro_fans_out);
}

}  // namespace crossfade::benchmarks
