#pragma once

#include "asio_awaitable.hpp"
#include "asio_spawn.hpp"
#include "boost_fiber.hpp"
#include "crossfade.hpp"
#include "limit_coro.hpp"
#include "limit_fiber.hpp"

// A question is written once as blocking text and once as coroutine text, and asked of each
// implementation that reads that text; so one operation is the same for all. An implementation
// provides
//
// - `run(count, worker)`: worker(self, i) in each of `count` tasks; returns when all have ended;
// - `self.yield()`: to the end of the ready queue;
// - `self.spawn(f)`: f() in a task of its own; what it gives has `join()`, called in the same
//   expression;
// - `lock`: `acquire(self)`, which gives what `release` takes and goes out of scope right after;
// - `event`: `set()`, `wait(self)`, `clear()`;
// - `queue`, of one item: `put(item)`, `take(self)`;
// - `task`: what a coroutine returns, if it reads coroutine text.
namespace crossfade::benchmarks {

template <class Implementation>
concept coroutine_text = requires { typename Implementation::task; };

/// Calls add<I>() for each implementation I, in the order of the report.
template <class Add>
void for_each_implementation(const Add& add) {
  add.template operator()<limit_coro>();
  add.template operator()<limit_fiber>();
  add.template operator()<boost_fiber>();
  add.template operator()<asio_awaitable>();
  add.template operator()<asio_awaitable_deferred>();
  add.template operator()<asio_spawn>();
  add.template operator()<crossfade_fiber>();
  add.template operator()<crossfade_coro>();
}

template <class Add>
void for_ours_and_limits(const Add& add) {
  add.template operator()<limit_coro>();
  add.template operator()<limit_fiber>();
  add.template operator()<crossfade_fiber>();
  add.template operator()<crossfade_coro>();
}

}  // namespace crossfade::benchmarks
