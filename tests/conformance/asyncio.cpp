#include "asyncio.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "asyncio_objects.hpp"
#include "compat/loop.hpp"
#include "core.hpp"

namespace conformance::on_asyncio {

namespace {

// What Python derives from Exception derives from std::exception here.
struct raised_exception : raised, std::exception {
  explicit raised_exception(raised r) : raised(std::move(r)) {}
};

constexpr std::chrono::seconds one_tick{1};

std::optional<crossfade::duration> ticks(const json& n) {
  if (n.is_null()) return std::nullopt;
  return n.get<int>() * one_tick;
}

std::optional<crossfade::time_point> tick_point(const json& n) {
  if (n.is_null()) return std::nullopt;
  return crossfade::time_point(n.get<int>() * one_tick);
}

json rest_of(const json& args, std::size_t first) {
  json rest = json::array();
  for (std::size_t i = first; i < args.size(); ++i) rest.push_back(args[i]);
  return rest;
}

bool compare(const std::string& how, const json& a, const json& b) {
  if (how == "==") return a == b;
  if (how == "!=") return a != b;
  if (how == "<") return a < b;
  if (how == "<=") return a <= b;
  if (how == ">") return a > b;
  return a >= b;
}

using awaitable = asyncio::awaitable<json>;

class asyncio_core final : public core {
 public:
  explicit asyncio_core(const json& scenario) : core(scenario) {
    add_type("CancelledError", {"BaseException"});
    add_type("InvalidStateError", {"Exception"});
    add_type("QueueFull", {"Exception"});
    add_type("QueueEmpty", {"Exception"});
    add_type("BrokenBarrierError", {"RuntimeError"});
    add_tasks();
    add_waits();
    add_timeouts_and_groups();
    add_futures_and_callbacks();
    add_locks();
    add_queues();
  }

 private:
  // --- running ---
  void run_model() override {
    asyncio::runner runner({.loop = {.virtual_time = true,
                                     .on_error = [](const crossfade::task_report&) {},
                                     .cycle_check_interval = {}}});
    loop_ = &runner.get_loop();
    loop_->set_exception_handler(
        [this](asyncio::event_loop&, const asyncio::error_context& context) { report(context); });
    loop_->on_task_created([this](const asyncio::any_task& t) { register_task(t); });
    make_objects();
    names_of_tasks_.insert("main");
    loop_->create_task({.name = "main"}, [this] { return main_body(); });
    loop_->run_forever();
    is_final_ = true;
    write_final();
    end();
    runner.close();
    loop_->set_exception_handler([](asyncio::event_loop&, const asyncio::error_context&) {});
    named_.clear();
    forget_objects();
  }

  std::int64_t tick() override {
    return loop_->time().time_since_epoch() / std::chrono::nanoseconds(one_tick);
  }

  void report(const asyncio::error_context& context) {
    if (!context.message.starts_with("Exception in callback")) return;
    try {
      std::rethrow_exception(context.exception);
    } catch (const scenario_error&) {
      return;
    } catch (...) {
    }
    try {
      record("loop", "error", shown_as(context.exception, "raise"));
    } catch (const scenario_error&) {  // it is kept
    }
  }

  void register_task(const asyncio::any_task& t) {
    const std::string name = t.get_name();
    if (!names_of_tasks_.contains(name)) return;
    bind_future(name, t, std::make_shared<task_object>(t, error_shower(), is_final_), true);
  }

  void bind_future(const std::string& name, const asyncio::any_future& f, std::shared_ptr<object> o,
                   bool is_task = false) {
    bind(name, std::move(o), is_task);
    named_.emplace_back(f, name);
  }

  json name_of(const asyncio::any_future& f) const {
    const auto found = std::ranges::find(named_, f, [](const auto& n) { return n.first; });
    return found != named_.end() ? json(found->second) : json(nullptr);
  }

  crossfade::task<json> main_body() { co_return co_await run_main(); }

  crossfade::task<json> task_body(std::string name, std::string proc, json args) {
    co_return co_await run_task(name, proc, args);
  }

  // --- exceptions ---
  std::exception_ptr make_exception(const std::string& type, const json& args,
                                    bool by_scenario) override {
    if (type == "CancelledError") {
      asyncio::cancel_message message;
      if (by_scenario && !args.empty()) message = args.dump();
      return std::make_exception_ptr(asyncio::cancelled_error(message));
    }
    if (!is_a(type, "BaseException")) fail("unknown exception " + type);
    raised r{type, args, by_scenario};
    if (!is_a(type, "Exception")) return std::make_exception_ptr(std::move(r));
    return std::make_exception_ptr(raised_exception(std::move(r)));
  }

  shown show(const std::exception_ptr& error) override {
    try {
      std::rethrow_exception(error);
    } catch (const raised& e) {
      return {e.type, e.by_scenario ? e.args : json::array()};
    } catch (const asyncio::cancelled_error& e) {
      shown s{"CancelledError"};
      if (e.message()) s.args = json::parse(*e.message());
      if (s.args == json::array({""})) s.args = json::array();
      return s;
    } catch (const asyncio::base_exception_group& e) {
      const bool all = dynamic_cast<const asyncio::exception_group*>(&e) != nullptr;
      shown s{all ? "ExceptionGroup" : "BaseExceptionGroup"};
      s.members = json::array();
      for (const std::exception_ptr& member : e.exceptions())
        s.members.push_back(shown_as(member, "exc"));
      return s;
    } catch (const asyncio::timeout_error&) {
      return {"TimeoutError"};
    } catch (const asyncio::queue_empty&) {
      return {"QueueEmpty"};
    } catch (const asyncio::queue_full&) {
      return {"QueueFull"};
    } catch (const asyncio::broken_barrier_error&) {
      return {"BrokenBarrierError"};
    } catch (const asyncio::invalid_state_error&) {
      return {"InvalidStateError"};
    } catch (const asyncio::value_error&) {
      return {"ValueError"};
    } catch (const crossfade::usage_error&) {
      return {"RuntimeError"};
    } catch (const std::exception& e) {
      return {std::string("C++: ") + e.what()};
    } catch (...) {
      return {"C++"};
    }
  }

  future_object::show error_shower() {
    return [this](const std::exception_ptr& error) { return shown_as(error, "exc"); };
  }

  // --- objects ---
  std::shared_ptr<object> make_object(const std::string& name, const std::string& kind,
                                      const json& args) override {
    const int number = !args.empty() && args[0].is_number() ? args[0].get<int>() : -1;
    const auto size = static_cast<std::size_t>(std::max(number, 0));
    if (kind == "future") return make_future(name);
    if (kind == "event") return std::make_shared<event_object>();
    if (kind == "lock") return std::make_shared<lock_of<asyncio::lock>>();
    if (kind == "condition") return std::make_shared<condition_object>();
    const int permits = args.empty() ? 1 : number;
    if (kind == "semaphore") return std::make_shared<semaphore_object<asyncio::semaphore>>(permits);
    if (kind == "bsemaphore")
      return std::make_shared<semaphore_object<asyncio::bounded_semaphore>>(permits);
    if (kind == "barrier") return std::make_shared<barrier_object>(number);
    if (kind == "queue") return std::make_shared<queue_of<asyncio::queue<json>>>(size);
    if (kind == "lifoqueue") return std::make_shared<queue_of<asyncio::lifo_queue<json>>>(size);
    if (kind == "priorityqueue")
      return std::make_shared<queue_of<asyncio::priority_queue<json>>>(size);
    if (kind == "contextvar")
      return std::make_shared<variable_object>(args.empty() ? json(nullptr) : args[0]);
    if (kind == "callback") return make_callback(name, args.at(0));
    fail("unknown kind of object: " + kind);
  }

  std::shared_ptr<object> make_future(const std::string& name) {
    const asyncio::future<json> f = loop_->create_future<json>();
    named_.emplace_back(f, name);
    return std::make_shared<settable_object>(f, error_shower(), is_final_);
  }

  std::shared_ptr<object> make_callback(const std::string& name, const json& statements) {
    const auto made = std::make_shared<callback_object>([this, name, statements](json source) {
      run_callback(name, statements, std::move(source));
    });
    made->done.emplace(
        [this, call = made->call](const asyncio::any_future& f) { call(name_of(f)); });
    return made;
  }

  // --- awaitables ---
  static bool is_one_of(const std::string& kind, std::initializer_list<const char*> kinds) {
    return std::ranges::find(kinds, kind) != kinds.end();
  }

  awaitable evaluate(const env& e, const json& expression) {
    if (expression.is_string()) return find<future_object>(expression).future;
    const std::string kind = expression.at(0);
    json args = rest_of(expression, 1);
    json options = json::object();
    if (!args.empty() && args.back().is_object()) {
      options = args.back();
      args.erase(args.size() - 1);
    }
    if (kind == "coro") {
      const std::string name = args.at(0);
      const std::string proc = args.at(1);
      names_of_tasks_.insert(name);
      const json rest = rest_of(args, 2);
      return awaitable([this, name, proc, rest] { return task_body(name, proc, rest); }, name);
    }
    if (kind == "shield") return asyncio::shield(evaluate(e, args.at(0)));
    if (kind == "gather") return gather(e, args.at(0), option(options, "return_exceptions", false));
    if (kind == "wait_for") {
      const awaitable inner = evaluate(e, args.at(0));
      const auto timeout = ticks(args.at(1));
      return awaitable([inner, timeout] { return asyncio::wait_for(inner, timeout); });
    }
    const auto own = std::make_shared<env>(e);  // the coroutine may outlive this activation
    return awaitable(
        [this, own, kind, args, options] { return performed(own, kind, args, options); });
  }

  crossfade::task<json> performed(std::shared_ptr<env> e, std::string kind, json args,
                                  json options) {
    co_return co_await perform(*e, kind, args, options);
  }

  awaitable gather(const env& e, const json& expressions, const json& return_exceptions) {
    std::vector<awaitable> all;
    for (const json& expression : expressions) all.push_back(evaluate_child(e, expression));
    if (!truth(return_exceptions)) {
      return asyncio::gather_with([](const std::vector<json>& values) { return json(values); },
                                  std::move(all));
    }
    return asyncio::gather_with(
        asyncio::return_exceptions,
        [this](const std::vector<asyncio::outcome<json>>& outcomes) {
          json values = json::array();
          for (const auto& o : outcomes)
            values.push_back(o.has_value() ? o.value() : shown_as(o.error(), "exc"));
          return values;
        },
        std::move(all));
  }

  // gather makes a task of a coroutine when all its arguments are evaluated.
  awaitable evaluate_child(const env& e, const json& expression) { return evaluate(e, expression); }

  void add_waits() {
    add_plain("await", [this](env& e, const json& args, const json&) -> script<json> {
      awaitable what = evaluate(e, args.at(0));
      auto nobody = asyncio::wait_for(std::move(what), std::nullopt);
      co_return co_await std::move(nobody);
    });
    add_call("bind", [this](env& e, const json& args, const json&) {
      const awaitable what = evaluate(e, args.at(1));
      if (what.as_future() == nullptr) fail("bind needs a future");
      const asyncio::future_base<json>& f = *what.as_future();
      if (!name_of(f).is_null()) fail("bind of a future that has a name");
      bind_future(args.at(0), f, std::make_shared<future_object>(f, error_shower(), is_final_));
      return json(nullptr);
    });
    add_plain("wait_many", [this](env&, const json& args, const json& options) {
      return wait_many(args.at(0), options);
    });
    add_block("as_completed", [this](env& e, const json& args, const json& options) {
      record(e.name, "as_completed", "enter");
      return guarded(e, "as_completed", as_completed(e, args, options));
    });
  }

  script<json> wait_many(const json& names, const json& options) {
    static const std::map<std::string, asyncio::return_when> modes{
        {"ALL_COMPLETED", asyncio::return_when::all_completed},
        {"FIRST_COMPLETED", asyncio::return_when::first_completed},
        {"FIRST_EXCEPTION", asyncio::return_when::first_exception}};
    std::vector<asyncio::any_future> futures;
    for (const json& name : names) futures.push_back(find<future_object>(name).future);
    const asyncio::wait_options how{
        ticks(option(options, "timeout")),
        modes.at(option(options, "when", "ALL_COMPLETED").get<std::string>())};
    const asyncio::wait_result result = co_await asyncio::wait(futures, how);
    json done = json::array();
    json pending = json::array();
    for (const json& name : names) {
      const asyncio::any_future f = find<future_object>(name).future;
      const bool is_done = std::ranges::find(result.done, f) != result.done.end();
      (is_done ? done : pending).push_back(name);
    }
    co_return json{{"done", done}, {"pending", pending}};
  }

  script<signal> as_completed(env& e, const json& args, const json& options) {
    std::vector<asyncio::future_base<json>> futures;
    const json names = replaced(e, args.at(0));
    for (const json& name : names) futures.push_back(find<future_object>(name).future);
    asyncio::as_completed<json> all(futures, ticks(option(options, "timeout")));
    while (all.more()) {
      json value;
      try {
        value = co_await all.next();
      } catch (...) {
        if (!ended()) record(e.name, "item", shown_as(std::current_exception(), "raise"));
        throw;
      }
      record(e.name, "item", value);
      e.variables[option(options, "as", "_")] = value;
      signal left = co_await block(e, args.at(1));
      if (left.left == signal::how::broke) break;
      if (left.left == signal::how::returned) co_return left;
    }
    co_return signal{};
  }

  // --- tasks ---
  void add_tasks() {
    add_call("current", [](env&, const json&, const json&) {
      const asyncio::any_task t = asyncio::current_task();
      return t ? json(t.get_name()) : json(nullptr);
    });
    add_plain("sleep", [](env&, const json& args, const json&) -> script<json> {
      co_await asyncio::sleep(*ticks(args.at(0)));
      co_return args.size() > 1 ? args[1] : json(nullptr);
    });
    add_call("spawn", [this](env&, const json& args, const json& options) {
      const std::string name = args.at(0);
      const std::string proc = args.at(1);
      const json rest = rest_of(args, 2);
      const auto function = [this, name, proc, rest] { return task_body(name, proc, rest); };
      names_of_tasks_.insert(name);
      const json group = option(options, "group");
      if (group.is_null()) {
        loop_->create_task({.name = name}, function);
      } else {
        find<group_object>(group).group.create_task({.name = name}, function);
      }
      return json(nullptr);
    });
    add_call("cancel", [this](env&, const json& args, const json&) {
      if (auto* const h = dynamic_cast<handle_object*>(&find(args.at(0)))) {
        h->handle.cancel();
        return json(nullptr);
      }
      asyncio::cancel_message message;
      if (args.size() > 1 && !args[1].is_null()) message = json::array({args[1]}).dump();
      return json(find<future_object>(args.at(0)).future.cancel(message));
    });
    add_call("uncancel", [this](env&, const json& args, const json&) {
      return json(find<task_object>(args.at(0)).task.uncancel());
    });
  }

  // --- blocks ---
  // A list of statements as the body of `async_with`.
  crossfade::task<> run_body(env& e, const char* operation, const json& statements, signal& left) {
    record(e.name, operation, "enter");
    left = co_await block(e, statements);
  }

  template <class Manager>
  script<signal> with_manager(env& e, const char* operation, Manager& manager,
                              const json& statements) {
    signal left;
    auto run = [&] { return run_body(e, operation, statements, left); };
    try {
      co_await asyncio::async_with(manager, run);
    } catch (const scenario_error&) {
      throw;
    } catch (...) {
      if (!ended()) record(e.name, operation, shown_as(std::current_exception(), "raise"));
      throw;
    }
    record(e.name, operation, nullptr);
    co_return left;
  }

  void add_timeouts_and_groups() {
    add_block("timeout", [this](env& e, const json& args, const json& options) -> script<signal> {
      const json n = replaced(e, args.at(0));
      const auto scope = std::make_shared<timeout_object>(
          truth(option(options, "at")) ? std::unique_ptr<asyncio::timeout>(new asyncio::timeout(
                                             asyncio::timeout_at(tick_point(n))))
                                       : std::make_unique<asyncio::timeout>(ticks(n)));
      if (const json as = option(options, "as"); !as.is_null()) bind(replaced(e, as), scope);
      co_return co_await with_manager(e, "timeout", *scope->timeout, args.at(1));
    });
    add_call("reschedule", [this](env&, const json& args, const json&) {
      find<timeout_object>(args.at(0)).timeout->reschedule(tick_point(args.at(1)));
      return json(nullptr);
    });
    add_block("taskgroup", [this](env& e, const json& args, const json&) -> script<signal> {
      const auto group = std::make_shared<group_object>();
      bind(replaced(e, args.at(0)), group);
      co_return co_await with_manager(e, "taskgroup", group->group, args.at(1));
    });
    add_block("with",
              [this](env& e, const json& args, const json&) { return with_block(e, args); });
  }

  script<signal> with_block(env& e, const json& args) {
    signal left;
    const body run = [&] { return run_body(e, "with", args.at(1), left); };
    try {
      co_await find<enterable>(replaced(e, args.at(0))).enter(run);
    } catch (const scenario_error&) {
      throw;
    } catch (...) {
      if (!ended()) record(e.name, "with", shown_as(std::current_exception(), "raise"));
      throw;
    }
    record(e.name, "with", nullptr);
    co_return left;
  }

  // --- futures and callbacks ---
  void add_futures_and_callbacks() {
    add_call("set_result", [this](env&, const json& args, const json&) {
      find<settable_object>(args.at(0)).settable.set_result(args.size() > 1 ? args[1] : json());
      return json(nullptr);
    });
    add_call("set_exception", [this](env&, const json& args, const json&) {
      const auto& f = find<settable_object>(args.at(0)).settable;
      f.set_exception(exception_of(rest_of(args, 1)));
      return json(nullptr);
    });
    add_call("result", [this](env&, const json& args, const json&) {
      return find<future_object>(args.at(0)).future.result();
    });
    add_call("exception", [this](env&, const json& args, const json&) {
      return shown_as(find<future_object>(args.at(0)).future.exception(), "exc");
    });
    add_call("add_callback", [this](env&, const json& args, const json&) {
      const auto& f = find<future_object>(args.at(0)).future;
      f.add_done_callback(*find<callback_object>(args.at(1)).done);
      return json(nullptr);
    });
    add_call("remove_callback", [this](env&, const json& args, const json&) {
      const auto& f = find<future_object>(args.at(0)).future;
      return json(f.remove_done_callback(*find<callback_object>(args.at(1)).done));
    });
    add_call("call_soon", [this](env&, const json& args, const json&) {
      const auto function = find<callback_object>(args.at(1)).call;
      bind_handle(args.at(0), loop_->call_soon([function] { function(nullptr); }));
      return json(nullptr);
    });
    add_call("call_later", [this](env&, const json& args, const json&) {
      const auto function = find<callback_object>(args.at(2)).call;
      bind_handle(args.at(0),
                  loop_->call_later(*ticks(args.at(1)), [function] { function(nullptr); }));
      return json(nullptr);
    });
    add_call("call_at", [this](env&, const json& args, const json&) {
      const auto function = find<callback_object>(args.at(2)).call;
      bind_handle(args.at(0),
                  loop_->call_at(*tick_point(args.at(1)), [function] { function(nullptr); }));
      return json(nullptr);
    });
  }

  void bind_handle(const std::string& name, asyncio::handle h) {
    bind(name, std::make_shared<handle_object>(std::move(h)));
  }

  // --- synchronisation ---
  void add_locks() {
    add_call("set", [this](env&, const json& args, const json&) {
      find<event_object>(args.at(0)).event.set();
      return json(nullptr);
    });
    add_call("clear", [this](env&, const json& args, const json&) {
      find<event_object>(args.at(0)).event.clear();
      return json(nullptr);
    });
    add_plain("wait", [this](env&, const json& args, const json&) -> script<json> {
      co_return co_await find<waitable_object>(args.at(0)).wait();
    });
    add_plain("wait_until", [this](env&, const json& args, const json&) {
      return wait_until(args.at(0), args.at(1));
    });
    add_call("notify", [this](env&, const json& args, const json&) {
      const std::size_t n = args.size() > 1 ? args[1].get<std::size_t>() : 1;
      find<condition_object>(args.at(0)).lock.notify(n);
      return json(nullptr);
    });
    add_call("notify_all", [this](env&, const json& args, const json&) {
      find<condition_object>(args.at(0)).lock.notify_all();
      return json(nullptr);
    });
    add_plain("acquire", [this](env&, const json& args, const json&) -> script<json> {
      co_return co_await find<lockable>(args.at(0)).acquire();
    });
    add_call("release", [this](env&, const json& args, const json&) {
      find<lockable>(args.at(0)).release();
      return json(nullptr);
    });
    add_plain("abort", [this](env&, const json& args, const json&) -> script<json> {
      co_await find<barrier_object>(args.at(0)).barrier.abort();
      co_return nullptr;
    });
    add_plain("reset", [this](env&, const json& args, const json&) -> script<json> {
      co_await find<barrier_object>(args.at(0)).barrier.reset();
      co_return nullptr;
    });
  }

  script<json> wait_until(const json& name, const json& condition) {
    const std::string how = condition.at(0);
    object& cell = find(condition.at(1));
    const json wanted = condition.at(2);
    auto holds = [&] { return compare(how, cell.load(), wanted); };
    co_return co_await find<condition_object>(name).lock.wait_for(holds);
  }

  // --- queues ---
  void add_queues() {
    add_plain("put", [this](env&, const json& args, const json& options) -> script<json> {
      queue_object& q = find<queue_object>(args.at(0));
      if (truth(option(options, "block", true))) {
        co_await q.put(args.at(1));
      } else {
        q.put_nowait(args.at(1));
      }
      co_return nullptr;
    });
    add_plain("get", [this](env&, const json& args, const json& options) -> script<json> {
      queue_object& q = find<queue_object>(args.at(0));
      if (!truth(option(options, "block", true))) co_return q.get_nowait();
      co_return co_await q.get();
    });
    add_call("task_done", [this](env&, const json& args, const json&) {
      find<queue_object>(args.at(0)).task_done();
      return json(nullptr);
    });
    add_plain("join", [this](env&, const json& args, const json&) -> script<json> {
      co_await find<queue_object>(args.at(0)).join();
      co_return nullptr;
    });
  }

  asyncio::event_loop* loop_ = nullptr;
  std::vector<std::pair<asyncio::any_future, std::string>> named_;
  std::set<std::string> names_of_tasks_;
  bool is_final_ = false;
};

}  // namespace

}  // namespace conformance::on_asyncio

namespace conformance {

json run_asyncio(const json& scenario) { return on_asyncio::asyncio_core(scenario).run(); }

}  // namespace conformance
