#include "gevent.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compat/loop.hpp"
#include "core.hpp"
#include "fiber_backend/backend.hpp"
#include "gevent_objects.hpp"

namespace conformance::on_gevent {

namespace {

// A `greenlet_exit` that a scenario made.
struct raised_exit : gevent::greenlet_exit {
  explicit raised_exit(json a) : args(std::move(a)) {}
  json args;
};

constexpr std::chrono::seconds one_tick{1};

std::optional<duration> ticks(const json& n) {
  if (n.is_null()) return std::nullopt;
  return n.get<int>() * one_tick;
}

class gevent_core final : public core {
 public:
  explicit gevent_core(const json& scenario) : core(scenario) {
    add_type("GreenletExit", {"BaseException"});
    add_type("Timeout", {"BaseException"});
    add_type("LoopExit", {"Exception"});
    add_type("Empty", {"Exception"});
    add_type("Full", {"Exception"});
    add_type("PoolFull", {"Full"});
    add_greenlets();
    add_links();
    add_timeouts();
    add_events_and_locks();
    add_queues();
    add_groups();
  }

 private:
  // --- running ---
  void run_model() override {
    // The objects go when the loop has ended: until then tasks wait for them.
    crossfade::loop loop({.virtual_time = true,
                          .on_error = [](const crossfade::task_report&) {},
                          .cycle_check_interval = {}});
    gevent::backend fiber(loop, {.stack_size = std::size_t{4} << 20});
    loop_ = &loop;
    loop.run(fiber, [this] {
      gevent::hub& hub = gevent::get_hub();
      main_ = gevent::get_ident();
      hub.on_error([this](const gevent::error_report& report) { show_report(report); });
      make_objects();
      try {
        run_main().run();
      } catch (...) {  // it is in the trace
      }
      await(hub.join());
      write_final();
      end();
      hub.on_error([](const gevent::error_report&) {});
    });
  }

  std::int64_t tick() override {
    return loop_->now().time_since_epoch() / std::chrono::nanoseconds(one_tick);
  }

  void show_report(const gevent::error_report& report) {
    try {
      std::rethrow_exception(report.error);
    } catch (const scenario_error&) {
      return;
    } catch (...) {
    }
    json name;
    if (report.greenlet != nullptr) name = name_of(report.greenlet->ident());
    try {
      record(name.is_null() ? "hub" : name.get<std::string>(), "error",
             shown_as(report.error, "raise"));
    } catch (const scenario_error&) {  // it is kept
    }
  }

  // --- exceptions ---
  std::exception_ptr make_exception(const std::string& type, const json& args,
                                    bool by_scenario) override {
    if (type == "GreenletExit") return std::make_exception_ptr(raised_exit(args));
    if (!is_a(type, "BaseException")) fail("unknown exception " + type);
    return std::make_exception_ptr(raised{type, args, by_scenario});
  }

  shown show(const std::exception_ptr& error) override {
    try {
      std::rethrow_exception(error);
    } catch (const raised& e) {
      return {e.type, e.by_scenario ? e.args : json::array()};
    } catch (const raised_exit& e) {
      return {"GreenletExit", e.args};
    } catch (const gevent::greenlet_exit&) {
      return {"GreenletExit"};
    } catch (const gevent::timeout_expired& e) {
      const auto scope = scopes_.find(e.timeout_id());
      shown s{"Timeout"};
      if (scope != scopes_.end()) s.scope = scope->second;
      return s;
    } catch (const gevent::loop_exit&) {
      return {"LoopExit"};
    } catch (const gevent::queue_empty&) {
      return {"Empty"};
    } catch (const gevent::pool_full&) {
      return {"PoolFull"};
    } catch (const gevent::queue_full&) {
      return {"Full"};
    } catch (const gevent::given_back_too_often&) {
      return {"ValueError"};
    } catch (const gevent::not_owner&) {
      return {"RuntimeError"};
    } catch (const gevent::no_local_value&) {
      return {"AttributeError"};
    } catch (const gevent::cannot_start&) {
      return {"AssertionError"};
    } catch (const std::exception& e) {
      return {std::string("C++: ") + e.what()};
    } catch (...) {
      return {"C++"};
    }
  }

  // --- names ---
  json name_of(std::uint64_t ident) const {
    if (ident == 0) return "hub";
    if (ident == main_) return "main";
    const auto found = idents_.find(ident);
    return found != idents_.end() ? json(found->second) : json(nullptr);
  }

  void bind_source(const std::string& name, const void* source) { sources_[source] = name; }

  void bind_task(const std::string& name, greenlet g) {
    idents_[g.ident()] = name;
    bind_source(name, &g.core());
    bind(name, std::make_shared<task_object>(names_, std::move(g)), true);
  }

  std::function<value()> body(const std::string& name, const json& proc, const json& args) {
    return [this, name, proc, args] { return value(run_task(name, proc, args).run()); };
  }

  // A function of a pool has a name of its own each time it runs.
  std::function<value(const json&)> pool_body(const std::string& pool, const json& proc) {
    return [this, pool, proc](const json& args) {
      auto& of = find<group_object>(pool);
      const std::string name = pool + "#" + std::to_string(++of.functions_started);
      idents_.emplace(gevent::get_ident(), name);
      return value(run_task(name, proc, args).run());
    };
  }

  static json rest_of(const json& args, std::size_t from) {
    json rest = json::array();
    for (std::size_t i = from; i < args.size(); ++i) rest.push_back(args[i]);
    return rest;
  }

  // --- objects ---
  std::shared_ptr<object> make_object(const std::string& name, const std::string& kind,
                                      const json& args) override {
    const auto count = [&]() -> std::optional<std::size_t> {
      if (args.empty() || args[0].is_null()) return std::nullopt;
      return args[0].get<std::size_t>();
    };
    if (kind == "event") {
      auto made = std::make_shared<event_object>();
      bind_source(name, &made->e);
      return made;
    }
    if (kind == "result") {
      auto made = std::make_shared<result_object>(names_);
      bind_source(name, &made->r);
      return made;
    }
    if (kind == "semaphore" || kind == "bsemaphore") {
      const std::size_t permits = count().value_or(1);
      std::unique_ptr<gevent::semaphore> s;
      if (kind == "semaphore") {
        s = std::make_unique<gevent::semaphore>(permits);
      } else {
        s = std::make_unique<gevent::bounded_semaphore>(permits);
      }
      bind_source(name, s.get());
      return std::make_shared<semaphore_object>(std::move(s));
    }
    if (kind == "rlock") return std::make_shared<rlock_object>(names_);
    if (kind == "queue") return std::make_shared<queue_of<gevent::queue<json>>>(count());
    if (kind == "lifoqueue") return std::make_shared<queue_of<gevent::lifo_queue<json>>>(count());
    if (kind == "priorityqueue")
      return std::make_shared<queue_of<gevent::priority_queue<json>>>(count());
    if (kind == "joinablequeue")
      return std::make_shared<queue_of<gevent::joinable_queue<json>>>(count());
    if (kind == "channel") return std::make_shared<channel_object>();
    if (kind == "group") return std::make_shared<group_object>();
    if (kind == "pool") return std::make_shared<group_object>(count());
    if (kind == "local") return std::make_shared<local_object>();
    if (kind == "callback") {
      const json statements = args.at(0);
      return std::make_shared<callback_object>(
          [this, name, statements](json source) {
            run_callback(name, statements, std::move(source));
          },
          [this](const void* source) {
            const auto found = sources_.find(source);
            return found != sources_.end() ? json(found->second) : json(nullptr);
          });
    }
    fail("unknown kind of object: " + kind);
  }

  gevent::raw_greenlet raw(const json& name) {
    object& o = find(name);
    if (auto* const task = dynamic_cast<task_object*>(&o)) return task->g;
    return find<raw_object>(name).g;
  }

  std::vector<gevent::raw_greenlet> raws(const json& names) {
    std::vector<gevent::raw_greenlet> all;
    for (const json& name : names) all.push_back(raw(name));
    return all;
  }

  gevent::waitable_object waitable(const json& name) {
    object& o = find(name);
    if (auto* const task = dynamic_cast<task_object*>(&o)) return task->g;
    if (auto* const event = dynamic_cast<event_object*>(&o)) return event->e;
    if (auto* const r = dynamic_cast<result_object*>(&o)) return r->r;
    return *find<semaphore_object>(name).s;
  }

  std::vector<gevent::waitable_object> waitables(const json& names) {
    std::vector<gevent::waitable_object> all;
    for (const json& name : names) all.push_back(waitable(name));
    return all;
  }

  // Which of the names stands for it.
  json name_among(const json& names, const gevent::waitable_object& o) {
    for (const json& name : names) {
      if (waitable(name) == o) return name;
    }
    return nullptr;
  }

  static std::optional<std::size_t> count_of(const json& options) {
    const json count = option(options, "count");
    if (count.is_null()) return std::nullopt;
    return count.get<std::size_t>();
  }
  static std::optional<duration> timeout_of(const json& options) {
    return ticks(option(options, "timeout"));
  }
  static bool blocks(const json& args, const json& options, std::size_t at) {
    return truth(args.size() > at ? args[at] : option(options, "block", true));
  }
  std::exception_ptr exception_in(const json& options) {
    return exception_of(option(options, "exc", "GreenletExit"));
  }

  // --- greenlets ---
  void add_greenlets() {
    add_call("current",
             [this](env&, const json&, const json&) { return name_of(gevent::get_ident()); });
    add_call("sleep", [](env&, const json& args, const json&) {
      await(gevent::sleep(*ticks(args.at(0))));
      return json(nullptr);
    });
    add_call("idle", [](env&, const json&, const json&) {
      await(gevent::idle());
      return json(nullptr);
    });
    add_call("spawn", [this](env&, const json& args, const json& options) {
      const json later = option(options, "later");
      const json pool = option(options, "pool");
      auto function = body(args.at(0), args.at(1), rest_of(args, 2));
      greenlet g;
      if (!pool.is_null()) {
        auto& in = find<group_object>(pool);
        g = in.pool != nullptr ? await(in.pool->spawn(std::move(function)))
                               : in.plain->spawn(std::move(function));
      } else if (!later.is_null()) {
        g = gevent::spawn_later(*ticks(later), std::move(function));
      } else {
        g = gevent::spawn(std::move(function));
      }
      bind_task(args.at(0), std::move(g));
      return json(nullptr);
    });
    add_call("create", [this](env&, const json& args, const json&) {
      bind_task(args.at(0), greenlet::make(body(args.at(0), args.at(1), rest_of(args, 2))));
      return json(nullptr);
    });
    add_call("spawn_raw", [this](env&, const json& args, const json&) {
      auto g = gevent::spawn_raw(body(args.at(0), args.at(1), rest_of(args, 2)));
      idents_[g.ident()] = args.at(0);
      bind(args.at(0), std::make_shared<raw_object>(std::move(g)), true);
      return json(nullptr);
    });
    add_call("start", [this](env&, const json& args, const json& options) {
      if (auto* const timer = dynamic_cast<timeout_object*>(&find(args.at(0)))) {
        timer->timer.start();
        return json(nullptr);
      }
      auto& task = find<task_object>(args.at(0));
      if (const json later = option(options, "later"); !later.is_null()) {
        task.g.start_later(*ticks(later));
      } else {
        task.g.start();
      }
      return json(nullptr);
    });
    add_call("kill", [this](env&, const json& args, const json& options) {
      const auto exception = exception_in(options);
      const bool block = option(options, "block", true);
      object& o = find(args.at(0));
      if (auto* const task = dynamic_cast<task_object*>(&o)) {
        if (block) {
          await(task->g.kill(exception, timeout_of(options)));
        } else {
          task->g.kill_nowait(exception);
        }
      } else if (auto* const of = dynamic_cast<group_object*>(&o)) {
        if (block) {
          await(of->g.kill(exception, timeout_of(options)));
        } else {
          of->g.kill_nowait(exception);
        }
      } else {
        gevent::kill(find<raw_object>(args.at(0)).g, exception);
      }
      return json(nullptr);
    });
    add_call("killall", [this](env&, const json& args, const json& options) {
      const auto all = raws(args.at(0));
      if (option(options, "block", true).get<bool>()) {
        await(gevent::killall(all, exception_in(options), timeout_of(options)));
      } else {
        gevent::killall_nowait(all, exception_in(options));
      }
      return json(nullptr);
    });
    add_call("join", [this](env&, const json& args, const json& options) -> json {
      object& o = find(args.at(0));
      if (auto* const task = dynamic_cast<task_object*>(&o)) {
        await(task->g.join(timeout_of(options)));
        return nullptr;
      }
      if (auto* const of = dynamic_cast<group_object*>(&o))
        return await(of->g.join(timeout_of(options), truth(option(options, "raise_error"))));
      return await(find<queue_object>(args.at(0)).joinable()->join(timeout_of(options)));
    });
    add_call("joinall", [this](env&, const json& args, const json& options) {
      std::vector<gevent::any_greenlet> all;
      for (const json& name : args.at(0)) all.push_back(find<task_object>(name).g);
      json names = json::array();
      for (const auto& g : await(gevent::joinall(
               all, timeout_of(options), truth(option(options, "raise_error")), count_of(options))))
        names.push_back(name_among(args[0], g));
      return names;
    });
    add_call("wait_many", [this](env&, const json& args, const json& options) {
      json names = json::array();
      for (const auto& o :
           await(gevent::wait(waitables(args.at(0)), timeout_of(options), count_of(options))))
        names.push_back(name_among(args[0], o));
      return names;
    });
    add_block("iwait", [this](env& e, const json& args, const json& options) {
      record(e.name, "iwait", "enter");
      return guarded(e, "iwait", iwait_loop(e, args, options));
    });
  }

  script<signal> iwait_loop(env& e, const json& args, const json& options) {
    const json names = replaced(e, args.at(0));
    gevent::iwait all(waitables(names), timeout_of(options), count_of(options));
    for (;;) {
      std::optional<json> item;
      if (const auto next = next_of(e, [&] { return await(all.next()); }))
        item = name_among(names, *next);
      if (!item) co_return signal{};
      const signal left = co_await round(e, *item, args.at(1), options);
      if (left.left == signal::how::broke) co_return signal{};
      if (left.left == signal::how::returned) co_return left;
    }
  }

  // An iterator's error has an entry of its own.
  template <class F>
  auto next_of(env& e, F next) -> decltype(next()) {
    try {
      return next();
    } catch (const scenario_error&) {
      throw;
    } catch (...) {
      if (!ended()) record(e.name, "item", shown_as(std::current_exception(), "raise"));
      throw;
    }
  }

  script<signal> round(env& e, const json& item, const json& statements, const json& options) {
    record(e.name, "item", item);
    e.variables[option(options, "as", "_")] = item;
    co_return co_await block(e, statements);
  }

  // --- links ---
  void add_links() {
    add_call("link", [this](env&, const json& args, const json& options) {
      const std::string kind = option(options, "kind", "any");
      object& o = find(args.at(0));
      object& target = find(args.at(1));
      auto* const to_result = dynamic_cast<result_object*>(&target);
      auto* const function = dynamic_cast<callback_object*>(&target);
      if (to_result == nullptr && function == nullptr) fail("no target of a link");
      if (auto* const task = dynamic_cast<task_object*>(&o)) {
        const auto f = to_result != nullptr ? to_result->r.setter() : function->to_greenlet;
        if (kind == "raw") task->g.rawlink(f);
        if (kind == "any") task->g.link(f);
        if (kind == "value") task->g.link_value(f);
        if (kind == "exception") task->g.link_exception(f);
      } else if (auto* const event = dynamic_cast<event_object*>(&o)) {
        event->e.rawlink(function->to_event);
      } else if (auto* const r = dynamic_cast<result_object*>(&o)) {
        r->r.rawlink(to_result != nullptr ? to_result->r.result_setter() : function->to_result);
      } else {
        find<semaphore_object>(args[0]).s->rawlink(function->to_semaphore);
      }
      return json(nullptr);
    });
    add_call("unlink", [this](env&, const json& args, const json&) {
      object& o = find(args.at(0));
      object& target = find(args.at(1));
      auto* const to_result = dynamic_cast<result_object*>(&target);
      auto* const function = dynamic_cast<callback_object*>(&target);
      if (to_result == nullptr && function == nullptr) return json(nullptr);  // never linked
      if (auto* const task = dynamic_cast<task_object*>(&o)) {
        task->g.unlink(to_result != nullptr ? to_result->r.setter() : function->to_greenlet);
      } else if (auto* const event = dynamic_cast<event_object*>(&o)) {
        event->e.unlink(function->to_event);
      } else if (auto* const r = dynamic_cast<result_object*>(&o)) {
        r->r.unlink(to_result != nullptr ? to_result->r.result_setter() : function->to_result);
      } else {
        find<semaphore_object>(args[0]).s->unlink(function->to_semaphore);
      }
      return json(nullptr);
    });
  }

  // --- timeouts ---
  std::unique_ptr<gevent::timeout> make_timeout(const json& n, const json& spec) {
    if (spec.is_null()) return std::make_unique<gevent::timeout>(ticks(n));
    if (spec == false) return std::make_unique<gevent::timeout>(ticks(n), gevent::silent);
    return std::make_unique<gevent::timeout>(ticks(n), exception_of(spec));
  }

  script<signal> timeout_block(env& e, const json& args, const json& options) {
    timers_.push_back(make_timeout(replaced(e, args.at(0)), option(options, "exc")));
    gevent::timeout& timer = *timers_.back();
    if (const json as = option(options, "as"); !as.is_null()) {
      const std::string name = replaced(e, as);
      scopes_[timer.id()] = name;
      bind(name, std::make_shared<timeout_object>(timer));
    }
    signal left;
    bool in_time = false;
    try {
      in_time = await(timer.with([&] {
        record(e.name, "timeout", "enter");
        left = block(e, args.at(1)).run();
      }));
    } catch (const scenario_error&) {
      throw;
    } catch (...) {
      if (!ended()) record(e.name, "timeout", shown_as(std::current_exception(), "raise"));
      throw;
    }
    record(e.name, "timeout", in_time ? json(nullptr) : json("silenced"));
    co_return in_time ? left : signal{};
  }

  void add_timeouts() {
    add_block("timeout", [this](env& e, const json& args, const json& options) {
      return timeout_block(e, args, options);
    });
    add_call("cancel", [this](env&, const json& args, const json&) {
      find<timeout_object>(args.at(0)).timer.cancel();
      return json(nullptr);
    });
    add_call("close", [this](env&, const json& args, const json&) {
      find<timeout_object>(args.at(0)).timer.close();
      return json(nullptr);
    });
    add_call("with_timeout", [this](env& e, const json& args, const json& options) {
      const auto function = [&] { return call_proc(e.name, args.at(1), rest_of(args, 2)).run(); };
      const auto late = options.find("timeout_value");
      if (late == options.end()) return await(gevent::with_timeout(ticks(args.at(0)), function));
      return await(gevent::with_timeout(ticks(args.at(0)), function, json(*late)));
    });
  }

  // --- events, results, locks ---
  void add_events_and_locks() {
    add_call("set", [this](env&, const json& args, const json&) {
      if (auto* const event = dynamic_cast<event_object*>(&find(args.at(0)))) {
        event->e.set();
      } else {
        find<result_object>(args[0]).r.set(args.size() > 1 ? args[1] : json(nullptr));
      }
      return json(nullptr);
    });
    add_call("clear", [this](env&, const json& args, const json&) {
      find<event_object>(args.at(0)).e.clear();
      return json(nullptr);
    });
    add_call("set_exception", [this](env&, const json& args, const json&) {
      find<result_object>(args.at(0)).r.set_exception(exception_of(rest_of(args, 1)));
      return json(nullptr);
    });
    add_call("wait", [this](env&, const json& args, const json& options) -> json {
      object& o = find(args.at(0));
      if (auto* const event = dynamic_cast<event_object*>(&o))
        return await(event->e.wait(timeout_of(options)));
      if (auto* const r = dynamic_cast<result_object*>(&o)) {
        const auto found = await(r->r.wait(timeout_of(options)));
        return found ? found->as_json : json(nullptr);
      }
      return await(find<semaphore_object>(args[0]).s->wait(timeout_of(options)));
    });
    add_call("acquire", [this](env&, const json& args, const json& options) -> json {
      auto& lock = find<lock_object>(args.at(0));
      return blocks(args, options, 1) ? lock.acquire(timeout_of(options)) : lock.acquire_nowait();
    });
    add_call("release", [this](env&, const json& args, const json&) {
      find<lock_object>(args.at(0)).release();
      return json(nullptr);
    });
    add_block("with", [this](env& e, const json& args, const json&) {
      return guarded(e, "with", with_lock(e, args));
    });
  }

  script<signal> with_lock(env& e, const json& args) {
    auto& lock = find<lock_object>(replaced(e, args.at(0)));
    lock.acquire(std::nullopt);
    record(e.name, "with", "enter");
    signal left;
    std::exception_ptr error;
    try {
      left = co_await block(e, args.at(1));
    } catch (...) {
      if (ended()) throw;
      error = std::current_exception();
    }
    lock.release();
    if (error != nullptr) std::rethrow_exception(error);
    co_return left;
  }

  // --- queues ---
  void add_queues() {
    add_call("put", [this](env&, const json& args, const json& options) {
      auto& queue = find<queue_object>(args.at(0));
      if (blocks(args, options, 2)) {
        queue.put(args.at(1), timeout_of(options));
      } else {
        queue.put_nowait(args.at(1));
      }
      return json(nullptr);
    });
    add_call("get", [this](env&, const json& args, const json& options) -> json {
      object& o = find(args.at(0));
      const bool block = blocks(args, options, 1);
      const auto timeout = timeout_of(options);
      if (auto* const task = dynamic_cast<task_object*>(&o))
        return block ? await(task->g.get(timeout)).as_json : task->g.get_nowait().as_json;
      if (auto* const r = dynamic_cast<result_object*>(&o))
        return block ? await(r->r.get(timeout)).as_json : r->r.get_nowait().as_json;
      auto& queue = find<queue_object>(args[0]);
      return block ? queue.get(timeout) : queue.get_nowait();
    });
    add_call("peek", [this](env&, const json& args, const json& options) {
      auto& queue = find<queue_object>(args.at(0));
      return blocks(args, options, 1) ? queue.peek(timeout_of(options)) : queue.peek_nowait();
    });
    add_call("task_done", [this](env&, const json& args, const json&) {
      find<queue_object>(args.at(0)).joinable()->task_done();
      return json(nullptr);
    });
  }

  // --- groups and pools ---
  void add_groups() {
    add_call("killone", [this](env&, const json& args, const json& options) {
      auto& of = find<group_object>(args.at(0));
      const auto& task = find<task_object>(args.at(1));
      if (option(options, "block", true).get<bool>()) {
        await(of.g.killone(task.g, exception_in(options), timeout_of(options)));
      } else {
        of.g.killone_nowait(task.g, exception_in(options));
      }
      return json(nullptr);
    });
    add_call("add", [this](env&, const json& args, const json& options) {
      auto& of = find<group_object>(args.at(0));
      const auto& task = find<task_object>(args.at(1));
      if (of.pool == nullptr) {
        of.plain->add(task.g);
      } else if (option(options, "block", true).get<bool>()) {
        await(of.pool->add(task.g, timeout_of(options)));
      } else {
        of.pool->add_nowait(task.g);
      }
      return json(nullptr);
    });
    add_call("discard", [this](env&, const json& args, const json&) {
      find<group_object>(args.at(0)).g.discard(find<task_object>(args.at(1)).g);
      return json(nullptr);
    });
    add_call("wait_available", [this](env&, const json& args, const json& options) -> json {
      auto& of = find<group_object>(args.at(0));
      if (of.pool == nullptr) return nullptr;
      return await(of.pool->wait_available(timeout_of(options)));
    });
    add_call("apply", [this](env&, const json& args, const json&) {
      return await(find<group_object>(args.at(0)).g.apply(pool_call(args, 0))).as_json;
    });
    add_call("apply_async", [this](env&, const json& args, const json& options) {
      auto& of = find<group_object>(args.at(0));
      const json named = option(options, "callback");
      greenlet g;
      if (named.is_null()) {
        g = await(of.g.apply_async(pool_call(args, 1)));
      } else {
        auto& function = find<callback_object>(named);
        g = await(of.g.apply_async(pool_call(args, 1),
                                   [&function](const value& v) { function.call(v.as_json); }));
      }
      bind_task(args.at(1), std::move(g));
      return json(nullptr);
    });
    add_call("map", [this](env&, const json& args, const json&) {
      json results = json::array();
      for (const value& v : await(find<group_object>(args.at(0))
                                      .g.map(item_call(args[0], args.at(1)), items_of(args.at(2)))))
        results.push_back(v.as_json);
      return results;
    });
    add_block("imap", [this](env& e, const json& args, const json& options) {
      record(e.name, "imap", "enter");
      return guarded(e, "imap", imap_loop(e, args, options));
    });
  }

  // The function and its arguments follow `after` the pool's name.
  std::function<value()> pool_call(const json& args, std::size_t after) {
    return [f = pool_body(args.at(0), args.at(after + 1)), given = rest_of(args, after + 2)] {
      return f(given);
    };
  }
  std::function<value(const json&)> item_call(const json& pool, const json& proc) {
    return [f = pool_body(pool, proc)](const json& item) { return f(json::array({item})); };
  }
  static std::vector<json> items_of(const json& list) { return {list.begin(), list.end()}; }

  script<signal> imap_loop(env& e, const json& args, const json& options) {
    const json name = replaced(e, args.at(0));
    auto& of = find<group_object>(name);
    const auto function = item_call(name, args.at(1));
    const auto items = items_of(replaced(e, args.at(2)));
    const json given = option(options, "maxsize");
    const auto maxsize =
        given.is_null() ? std::nullopt : std::optional<std::size_t>(given.get<std::size_t>());
    auto results = truth(option(options, "unordered"))
                       ? of.g.imap_unordered(function, items, maxsize)
                       : of.g.imap(function, items, maxsize);
    for (;;) {
      const auto next = next_of(e, [&] { return await(results.next()); });
      if (!next) co_return signal{};
      const signal left = co_await round(e, next->as_json, args.at(3), options);
      if (left.left == signal::how::broke) co_return signal{};
      if (left.left == signal::how::returned) co_return left;
    }
  }

  crossfade::loop* loop_ = nullptr;
  std::uint64_t main_ = 0;
  std::map<std::uint64_t, std::string> idents_;
  std::map<const void*, std::string> sources_;
  std::map<std::uint64_t, std::string> scopes_;
  std::vector<std::unique_ptr<gevent::timeout>> timers_;
  const gevent_names names_{[this](std::uint64_t ident) { return name_of(ident); },
                            [this](const std::exception_ptr& e) { return shown_as(e, "exc"); }};
};

}  // namespace

value::value(const gevent::greenlet_exit& exit) : as_json{{"exc", "GreenletExit"}} {
  const auto* const by_scenario = dynamic_cast<const raised_exit*>(&exit);
  if (by_scenario != nullptr && !by_scenario->args.empty()) as_json["args"] = by_scenario->args;
}

}  // namespace conformance::on_gevent

namespace conformance {

json run_gevent(const json& scenario) { return on_gevent::gevent_core(scenario).run(); }

}  // namespace conformance
