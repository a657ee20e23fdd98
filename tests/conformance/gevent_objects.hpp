#pragma once

// What gevent scenarios name, on the public interface of fiber_backend.

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core.hpp"
#include "fiber_backend/gevent.hpp"

// Each model has objects of the same names.
namespace conformance::on_gevent {

namespace gevent = crossfade::fiber_backend;
using crossfade::await;
using crossfade::duration;

/// A value of a scenario, as greenlets and results carry it: a `greenlet_exit` is one.
struct value {
  value() = default;
  explicit value(json j) : as_json(std::move(j)) {}
  explicit value(const gevent::greenlet_exit& exit);
  json as_json;
};

using greenlet = gevent::greenlet<value>;
using result = gevent::async_result<value>;

/// What the objects need of the interpreter.
struct gevent_names {
  std::function<json(std::uint64_t ident)> of_ident;
  std::function<json(const std::exception_ptr&)> of_exception;
};

class task_object final : public object {
 public:
  task_object(const gevent_names& n, greenlet of) : names_(n), g(std::move(of)) {}
  json state() override {
    return {{"started", g.started()}, {"ready", g.ready()},
            {"dead", g.dead()},       {"successful", g.successful()},
            {"value", value_of()},    {"exception", names_.of_exception(g.exception())}};
  }

 private:
  json value_of() const {
    if (g.exit() != nullptr) return names_.of_exception(g.exit());
    return g.value() != nullptr ? g.value()->as_json : json(nullptr);
  }
  const gevent_names& names_;

 public:
  greenlet g;
};

class raw_object final : public object {
 public:
  explicit raw_object(gevent::raw_greenlet of) : g(std::move(of)) {}
  json state() override { return {{"dead", g.dead()}}; }
  gevent::raw_greenlet g;
};

class timeout_object final : public object {
 public:
  explicit timeout_object(gevent::timeout& of) : timer(of) {}
  json state() override { return {{"pending", timer.pending()}}; }
  gevent::timeout& timer;
};

class event_object final : public object {
 public:
  json state() override { return {{"set", e.is_set()}}; }
  gevent::event e;
};

class result_object final : public object {
 public:
  explicit result_object(const gevent_names& n) : names_(n) {}
  json state() override {
    return {{"ready", r.ready()},
            {"successful", r.successful()},
            {"value", r.value() != nullptr ? r.value()->as_json : json(nullptr)},
            {"exception", names_.of_exception(r.exception())}};
  }
  result r;

 private:
  const gevent_names& names_;
};

/// What can be acquired and released.
class lock_object : public object {
 public:
  virtual bool acquire(std::optional<duration> timeout) = 0;
  virtual bool acquire_nowait() = 0;
  virtual void release() = 0;
};

class semaphore_object final : public lock_object {
 public:
  explicit semaphore_object(std::unique_ptr<gevent::semaphore> of) : s(std::move(of)) {}
  json state() override { return {{"counter", s->counter()}, {"locked", s->locked()}}; }
  bool acquire(std::optional<duration> timeout) override { return await(s->acquire(timeout)); }
  bool acquire_nowait() override { return s->acquire_nowait(); }
  void release() override { s->release(); }
  std::unique_ptr<gevent::semaphore> s;
};

class rlock_object final : public lock_object {
 public:
  explicit rlock_object(const gevent_names& n) : names_(n) {}
  json state() override {
    const auto owner = l_.owner();
    return {{"count", l_.count()}, {"owner", owner ? names_.of_ident(*owner) : json(nullptr)}};
  }
  bool acquire(std::optional<duration> timeout) override { return await(l_.acquire(timeout)); }
  bool acquire_nowait() override { return l_.acquire_nowait(); }
  void release() override { l_.release(); }

 private:
  const gevent_names& names_;
  gevent::rlock l_;
};

class queue_object : public object {
 public:
  virtual void put(json item, std::optional<duration> timeout) = 0;
  virtual void put_nowait(json item) = 0;
  virtual json get(std::optional<duration> timeout) = 0;
  virtual json get_nowait() = 0;
  virtual json peek(std::optional<duration> timeout) { return get(timeout); }
  virtual json peek_nowait() { return get_nowait(); }
  /// Null: it is not joinable.
  virtual gevent::joinable_queue<json>* joinable() { return nullptr; }
};

template <class Queue>
class queue_of final : public queue_object {
 public:
  explicit queue_of(std::optional<std::size_t> maxsize) : q_(maxsize) {}
  json state() override {
    json shown{{"qsize", q_.qsize()}, {"empty", q_.empty()}, {"full", q_.full()}};
    if (joinable() != nullptr) shown["unfinished"] = joinable()->unfinished_tasks();
    return shown;
  }
  void put(json item, std::optional<duration> timeout) override {
    await(q_.put(std::move(item), timeout));
  }
  void put_nowait(json item) override { q_.put_nowait(std::move(item)); }
  json get(std::optional<duration> timeout) override { return await(q_.get(timeout)); }
  json get_nowait() override { return q_.get_nowait(); }
  json peek(std::optional<duration> timeout) override { return await(q_.peek(timeout)); }
  json peek_nowait() override { return q_.peek_nowait(); }
  gevent::joinable_queue<json>* joinable() override {
    if constexpr (std::is_same_v<Queue, gevent::joinable_queue<json>>) {
      return &q_;
    } else {
      return nullptr;
    }
  }

 private:
  Queue q_;
};

class channel_object final : public queue_object {
 public:
  json state() override { return {{"qsize", 0}, {"empty", true}, {"full", true}}; }
  void put(json item, std::optional<duration> timeout) override {
    await(c_.put(std::move(item), timeout));
  }
  void put_nowait(json item) override { await(c_.put_nowait(std::move(item))); }
  json get(std::optional<duration> timeout) override { return await(c_.get(timeout)); }
  json get_nowait() override { return await(c_.get_nowait()); }

 private:
  gevent::channel<json> c_;
};

class group_object final : public object {
 public:
  group_object() : plain(std::make_unique<gevent::group>()), g(*plain) {}
  explicit group_object(std::optional<std::size_t> size)
      : pool(std::make_unique<gevent::pool>(size)), g(*pool) {}
  json state() override {
    json shown{{"len", g.size()}};
    if (pool != nullptr) {
      shown["free"] = pool->free_count();
      shown["full"] = pool->full();
    }
    return shown;
  }
  const std::unique_ptr<gevent::group> plain;  // one of the two
  const std::unique_ptr<gevent::pool> pool;
  gevent::basic_group& g;
  int functions_started = 0;
};

class local_object final : public object {
 public:
  void store(json value) override { l_.set(std::move(value)); }
  json load() override { return l_.get(); }

 private:
  gevent::local<json> l_;
};

/// One callback, linked to anything. `call` runs its statements, with $0.
class callback_object final : public object {
 public:
  callback_object(std::function<void(json)> f, std::function<json(const void*)> name_of)
      : call(std::move(f)),
        to_greenlet([this, name_of](const gevent::any_greenlet& g) { call(name_of(&g.core())); }),
        to_event([this, name_of](gevent::event& e) { call(name_of(&e)); }),
        to_result([this, name_of](result& r) { call(name_of(&r)); }),
        to_semaphore([this, name_of](gevent::semaphore& s) { call(name_of(&s)); }) {}

  std::function<void(json)> call;
  gevent::callback<const gevent::any_greenlet&> to_greenlet;
  gevent::callback<gevent::event&> to_event;
  gevent::callback<result&> to_result;
  gevent::callback<gevent::semaphore&> to_semaphore;
};

}  // namespace conformance::on_gevent
