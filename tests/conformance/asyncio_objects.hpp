#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core.hpp"
#include "coro_backend/asyncio.hpp"

// Each model has objects of the same names.
namespace conformance::on_asyncio {

namespace asyncio = crossfade::coro_backend;

/// A future, task, or the bound future of a shield or gather.
struct future_object : object {
  using show = std::function<json(const std::exception_ptr&)>;
  future_object(asyncio::future_base<json> f, show s, const bool& final_state)
      : future(std::move(f)), show_error(std::move(s)), is_final(final_state) {}

  json state() override {
    if (!future.done()) return {{"state", "pending"}};
    if (future.cancelled()) return {{"state", "cancelled"}};
    if (const std::exception_ptr error = future.peek_exception()) {
      json result{{"state", "exception"}, {"exception", show_error(error)}};
      if (is_final) result["unretrieved"] = future.unretrieved();
      return result;
    }
    return {{"state", "finished"}, {"value", *future.peek()}};
  }

  const asyncio::future_base<json> future;
  const show show_error;
  const bool& is_final;
};

/// One that the scenario may set.
struct settable_object final : future_object {
  settable_object(asyncio::future<json> f, show s, const bool& final_state)
      : future_object(f, std::move(s), final_state), settable(std::move(f)) {}
  const asyncio::future<json> settable;
};

struct task_object final : future_object {
  task_object(asyncio::any_task t, show s, const bool& final_state)
      : future_object(t.as<json>(), std::move(s), final_state), task(std::move(t)) {}
  json state() override {
    json result = future_object::state();
    result["cancelling"] = task.cancelling();
    return result;
  }
  const asyncio::any_task task;
};

struct handle_object final : object {
  explicit handle_object(asyncio::handle h) : handle(std::move(h)) {}
  json state() override { return {{"cancelled", handle.cancelled()}}; }
  asyncio::handle handle;
};

struct callback_object final : object {
  explicit callback_object(std::function<void(json)> f) : call(std::move(f)) {}
  std::function<void(json)> call;  // with the name of what is done
  std::optional<asyncio::callback> done;
};

/// A statement list as the body of `async_with`.
using body = std::function<crossfade::task<>()>;

struct enterable : virtual object {
  virtual crossfade::task<> enter(body run) = 0;
};
struct waitable_object : virtual object {
  virtual crossfade::task<json> wait() = 0;
};
struct lockable : enterable {
  virtual crossfade::task<bool> acquire() = 0;
  virtual void release() = 0;
};

template <class Lock>
struct lock_of : lockable {
  template <class... A>
  explicit lock_of(A... args) : lock(args...) {}
  crossfade::task<> enter(body run) override { co_await asyncio::async_with(lock, run); }
  crossfade::task<bool> acquire() override { return lock.acquire(); }
  void release() override { lock.release(); }
  json state() override { return {{"locked", lock.locked()}}; }
  Lock lock;
};

struct event_object final : waitable_object {
  crossfade::task<json> wait() override { co_return co_await event.wait(); }
  json state() override { return {{"set", event.is_set()}}; }
  asyncio::event event;
};

struct condition_object final : lock_of<asyncio::condition>, waitable_object {
  crossfade::task<json> wait() override { co_return co_await lock.wait(); }
};

template <class Semaphore>
struct semaphore_object final : lock_of<Semaphore> {
  explicit semaphore_object(int value) : lock_of<Semaphore>(value) {}
  json state() override { return {{"locked", this->lock.locked()}, {"value", this->lock.value()}}; }
};

struct barrier_object final : enterable, waitable_object {
  explicit barrier_object(int parties) : barrier(parties) {}
  crossfade::task<> enter(body run) override { co_await asyncio::async_with(barrier, run); }
  crossfade::task<json> wait() override { co_return co_await barrier.wait(); }
  json state() override {
    return {{"parties", barrier.parties()},
            {"waiting", barrier.n_waiting()},
            {"broken", barrier.broken()}};
  }
  asyncio::barrier barrier;
};

struct queue_object : object {
  virtual crossfade::task<> put(json v) = 0;
  virtual crossfade::task<json> get() = 0;
  virtual void put_nowait(json v) = 0;
  virtual json get_nowait() = 0;
  virtual void task_done() = 0;
  virtual crossfade::task<> join() = 0;
};

template <class Queue>
struct queue_of final : queue_object {
  explicit queue_of(std::size_t maxsize) : queue(maxsize) {}
  crossfade::task<> put(json v) override { return queue.put(std::move(v)); }
  crossfade::task<json> get() override { return queue.get(); }
  void put_nowait(json v) override { queue.put_nowait(std::move(v)); }
  json get_nowait() override { return queue.get_nowait(); }
  void task_done() override { queue.task_done(); }
  crossfade::task<> join() override { return queue.join(); }
  json state() override {
    return {{"qsize", queue.qsize()}, {"empty", queue.empty()}, {"full", queue.full()}};
  }
  Queue queue;
};

struct variable_object final : object {
  explicit variable_object(json otherwise) : variable(std::move(otherwise)) {}
  void store(json value) override { variable.set(std::move(value)); }
  json load() override { return variable.get(); }
  asyncio::context_var<json> variable;
};

struct timeout_object final : object {
  explicit timeout_object(std::unique_ptr<asyncio::timeout> t) : timeout(std::move(t)) {}
  json state() override {
    json when;
    if (timeout->when()) when = timeout->when()->time_since_epoch() / std::chrono::seconds(1);
    return {{"expired", timeout->expired()}, {"when", when}};
  }
  const std::unique_ptr<asyncio::timeout> timeout;
};

struct group_object final : object {
  asyncio::task_group group;
};

}  // namespace conformance::on_asyncio
