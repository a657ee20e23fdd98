#include "core.hpp"

#include <algorithm>
#include <regex>
#include <utility>

namespace conformance {

namespace {

constexpr std::size_t most_entries = 3000;
constexpr std::uint64_t most_statements = 1'000'000;
constexpr int most_depth = 200;
constexpr int most_rounds = 50;

const std::string* text_of(const json& value) { return value.get_ptr<const json::string_t*>(); }

// As Python's str() writes it.
std::string text(const json& value) {
  if (const std::string* s = text_of(value)) return *s;
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.dump();
}

class cell final : public object {
 public:
  explicit cell(json value) : value_(std::move(value)) {}
  json state() override { return value_; }
  void store(json value) override { value_ = std::move(value); }
  json load() override { return value_; }

 private:
  json value_;
};

}  // namespace

bool truth(const json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value != 0;
  if (const std::string* s = text_of(value)) return !s->empty();
  return !value.empty();
}

void object::store(json /*value*/) { throw scenario_error("store to what is no cell"); }
json object::load() { throw scenario_error("load from what is no cell"); }

core::core(const json& scenario)
    : scenario_(scenario), procs_(option(scenario, "procs", json::object())) {
  types_ = {{"BaseException", {}},
            {"Exception", {"BaseException"}},
            {"AppBaseError", {"BaseException"}},
            {"BaseExceptionGroup", {"BaseException"}},
            {"ExceptionGroup", {"BaseExceptionGroup", "Exception"}},
            {"ArithmeticError", {"Exception"}},
            {"ZeroDivisionError", {"ArithmeticError"}},
            {"AssertionError", {"Exception"}},
            {"AttributeError", {"Exception"}},
            {"LookupError", {"Exception"}},
            {"KeyError", {"LookupError"}},
            {"NameError", {"Exception"}},
            {"TypeError", {"Exception"}},
            {"ValueError", {"Exception"}},
            {"AppError", {"Exception"}},
            {"OSError", {"Exception"}},
            {"TimeoutError", {"OSError"}},
            {"RuntimeError", {"Exception"}}};
  add_control();
}

json core::run() {
  run_model();
  if (!invalid_.empty()) throw scenario_error(invalid_);
  return std::move(trace_);
}

json core::option(const json& options, const char* name, json otherwise) {
  const auto found = options.find(name);
  return found != options.end() ? *found : otherwise;
}

// --- names and values ---

void core::bind(const std::string& name, std::shared_ptr<object> o, bool is_task) {
  if (!objects_.emplace(name, std::move(o)).second) fail("name used twice: " + name);
  if (is_task) tasks_.push_back(name);
}

object& core::find(const json& name) {
  const std::string* const key = text_of(name);
  if (key == nullptr) fail("not an object's name: " + name.dump());
  const auto found = objects_.find(*key);
  if (found == objects_.end()) raise("NameError");
  return *found->second;
}

void core::fail(const std::string& reason) {
  if (invalid_.empty()) invalid_ = reason;
  throw scenario_error(reason);
}

void core::add_type(const std::string& type, std::vector<std::string> bases) {
  types_.emplace(type, std::move(bases));
}

std::exception_ptr core::exception_of(const json& spec) {
  if (const std::string* type = text_of(spec)) return make_exception(*type, json::array(), false);
  json args = spec;
  args.erase(0);
  return make_exception(spec.at(0).get<std::string>(), args, true);
}

void core::raise(const std::string& type) {
  std::rethrow_exception(make_exception(type, json::array(), false));
}

bool core::is_a(const std::string& type, const std::string& base) const {
  if (type == base) return true;
  const auto found = types_.find(type);
  return found != types_.end() &&
         std::ranges::any_of(found->second,
                             [&](const std::string& parent) { return is_a(parent, base); });
}

bool core::matches(const std::exception_ptr& error, const json& types) {
  const std::string type = show(error).type;
  return std::ranges::any_of(types, [&](const json& t) { return is_a(type, t); });
}

json core::shown_as(const std::exception_ptr& error, const char* key) {
  if (error == nullptr) return nullptr;
  const shown s = show(error);
  json result{{key, s.type}};
  if (!s.members.is_null()) {
    result["excs"] = s.members;
  } else if (!s.scope.empty()) {
    result["of"] = s.scope;
  } else if (!s.args.empty()) {
    result["args"] = s.args;
  }
  return result;
}

json core::replaced(const env& e, const json& value) {
  if (const std::string* s = text_of(value)) {
    const auto variable = [&](const std::string& name) -> const json& {
      const auto found = e.variables.find(name);
      if (found == e.variables.end()) fail("unbound variable " + name);
      return found->second;
    };
    if (s->starts_with("$")) return variable(s->substr(1));
    if (s->find('{') == std::string::npos) return value;
    static const std::regex name("\\{(\\w+)\\}");
    std::string result;
    auto rest = s->cbegin();
    for (std::sregex_iterator i(s->begin(), s->end(), name), end; i != end; ++i) {
      result.append(rest, (*i)[0].first).append(text(variable((*i)[1])));
      rest = (*i)[0].second;
    }
    return result.append(rest, s->cend());
  }
  if (!value.is_structured()) return value;
  json result = value;
  for (json& part : result) part = replaced(e, part);
  return result;
}

void core::record(const std::string& who, const std::string& operation, json outcome) {
  if (ended_) return;
  if (trace_.size() >= most_entries) fail("the trace is too long");
  trace_.push_back(json::array({tick(), who, operation, std::move(outcome)}));
}

// --- statements ---

script<signal> core::block(env& e, const json& statements) {
  for (const json& s : statements) {
    signal left = co_await statement(e, s);
    if (left.left != signal::how::ended) co_return left;
  }
  co_return signal{};
}

script<signal> core::statement(env& e, const json& s) {
  if (++statements_run_ > most_statements) fail("too many statements");
  const std::string op = s.at(0);
  json args = s;
  args.erase(0);
  json options = json::object();
  if (!args.empty() && args.back().is_object()) {
    options = args.back();
    args.erase(args.size() - 1);
  }
  if (const auto found = blocks_.find(op); found != blocks_.end())
    co_return co_await found->second(e, args, options);

  const auto found = plain_.find(op);
  if (found == plain_.end()) fail("unknown operation " + op);
  const json target = option(options, "as");
  options.erase("as");
  json value;
  try {
    args = replaced(e, args);
    options = replaced(e, options);
    value = co_await found->second(e, args, options);
  } catch (const scenario_error& error) {
    if (invalid_.empty()) invalid_ = error.what();
    throw;
  } catch (const json::exception& error) {
    fail(op + ": " + error.what());
  } catch (...) {
    if (!ended_) record(e.name, op, shown_as(std::current_exception(), "raise"));
    throw;
  }
  record(e.name, op, value);
  if (!target.is_null()) e.variables[target] = value;
  if (op == "return") co_return signal{signal::how::returned, value};
  if (op == "break") co_return signal{signal::how::broke};
  co_return signal{};
}

script<json> core::call_proc(std::string name, std::string proc, json args) {
  const auto found = procs_.find(proc);
  if (found == procs_.end()) fail("unknown proc " + proc);
  if (++depth_ > most_depth) fail("calls nest too deeply");
  env e{std::move(name), {}, nullptr};
  for (std::size_t i = 0; i < args.size(); ++i) e.variables[std::to_string(i)] = args[i];
  e.variables["self"] = e.name;
  signal left = co_await block(e, *found);
  --depth_;
  co_return std::move(left.value);
}

script<json> core::run_task(std::string name, std::string proc, json args) {
  record(name, "start", nullptr);
  json value;
  try {
    value = co_await call_proc(name, std::move(proc), std::move(args));
  } catch (const scenario_error&) {
    throw;
  } catch (...) {
    if (!ended_) record(name, "end", shown_as(std::current_exception(), "raise"));
    throw;
  }
  record(name, "end", value);
  co_return value;
}

script<json> core::run_main() {
  record("main", "start", nullptr);
  env e{"main", {{"self", "main"}}, nullptr};
  signal left;
  try {
    left = co_await block(e, scenario_.at("main"));
  } catch (const scenario_error&) {
    throw;
  } catch (...) {
    record("main", "end", shown_as(std::current_exception(), "raise"));
    throw;
  }
  record("main", "end", left.value);
  co_return std::move(left.value);
}

script<signal> core::guarded(env& e, const char* operation, script<signal> inside) {
  signal left;
  try {
    left = co_await inside;
  } catch (const scenario_error&) {
    throw;
  } catch (...) {
    if (!ended_) record(e.name, operation, shown_as(std::current_exception(), "raise"));
    throw;
  }
  record(e.name, operation, nullptr);
  co_return left;
}

void core::run_callback(const std::string& name, const json& statements, json argument) {
  env e{name, {{"0", std::move(argument)}}, nullptr};
  block(e, statements).run();
}

// --- control ---

script<signal> core::handled(env& e, const json& body, const json& handlers) {
  std::exception_ptr error;
  try {
    co_return co_await block(e, body);
  } catch (const scenario_error&) {
    throw;
  } catch (...) {
    if (ended_) throw;
    error = std::current_exception();
  }
  for (const json& handler : handlers) {
    if (!matches(error, handler.at(0))) continue;
    record(e.name, "except", shown_as(error, "raise"));
    if (handler.size() > 2) e.variables[handler[2]] = shown_as(error, "exc");
    struct scope {
      env& of;
      std::exception_ptr outer;
      ~scope() { of.handling = outer; }
    } const restore{e, std::exchange(e.handling, error)};
    co_return co_await block(e, handler.at(1));
  }
  std::rethrow_exception(error);
}

script<signal> core::with_finally(env& e, const json& body, const json& options) {
  const json handlers = option(options, "except", json::array());
  const json last = option(options, "finally");
  if (last.is_null()) co_return co_await handled(e, body, handlers);
  signal left;
  std::exception_ptr error;
  try {
    left = co_await handled(e, body, handlers);
  } catch (const scenario_error&) {
    throw;
  } catch (...) {
    if (ended_) throw;
    error = std::current_exception();
  }
  record(e.name, "finally", nullptr);
  const signal left_last = co_await block(e, last);
  if (left_last.left != signal::how::ended) fail("return or break inside finally");
  if (error != nullptr) std::rethrow_exception(error);
  co_return left;
}

script<signal> core::try_block(env& e, const json& args, const json& options) {
  record(e.name, "try", "enter");
  co_return co_await guarded(e, "try", with_finally(e, args.at(0), options));
}

script<signal> core::loop_of(env& e, const json& args, const json& options) {
  const json count = replaced(e, args.at(0));
  const std::string variable = option(options, "as", "_");
  for (int i = 0; i < std::min(count.get<int>(), most_rounds); ++i) {
    e.variables[variable] = i;
    signal left = co_await block(e, args.at(1));
    if (left.left == signal::how::broke) break;
    if (left.left == signal::how::returned) co_return left;
  }
  co_return signal{};
}

script<signal> core::repeat_block(env& e, const json& args, const json& options) {
  record(e.name, "repeat", "enter");
  co_return co_await guarded(e, "repeat", loop_of(e, args, options));
}

void core::add_plain(const std::string& name, plain_operation operation) {
  plain_.emplace(name, std::move(operation));
}

void core::add_call(const std::string& name, call operation) {
  add_plain(
      name,
      [f = std::move(operation)](env& e, const json& args, const json& options) -> script<json> {
        co_return f(e, args, options);
      });
}

script<json> core::perform(env& e, const std::string& name, const json& args, const json& options) {
  const auto found = plain_.find(name);
  if (found == plain_.end()) fail("unknown operation " + name);
  return found->second(e, args, options);
}

void core::add_block(const std::string& name, block_operation operation) {
  blocks_.emplace(name, std::move(operation));
}

void core::add_control() {
  const auto first_or_null = [](env&, const json& args, const json&) {
    return args.empty() ? json(nullptr) : args[0];
  };
  add_call("log", first_or_null);
  add_call("return", first_or_null);
  add_call("break", [](env&, const json&, const json&) { return json(nullptr); });
  add_call("raise", [this](env&, const json& args, const json&) -> json {
    std::rethrow_exception(exception_of(args));
  });
  add_call("reraise", [this](env& e, const json&, const json&) -> json {
    if (e.handling == nullptr) fail("reraise outside of a handler");
    std::rethrow_exception(e.handling);
  });
  add_plain("call", [this](env& e, const json& args, const json&) -> script<json> {
    json rest = args;
    rest.erase(0);
    co_return co_await call_proc(e.name, args.at(0), rest);
  });
  add_call("store", [this](env&, const json& args, const json&) {
    find(args.at(0)).store(args.at(1));
    return json(nullptr);
  });
  add_call("load", [this](env&, const json& args, const json&) { return find(args.at(0)).load(); });
  add_call("inc", [this](env&, const json& args, const json&) {
    object& o = find(args.at(0));
    o.store(o.load().get<std::int64_t>() + (args.size() > 1 ? args[1].get<std::int64_t>() : 1));
    return o.load();
  });
  add_call("state",
           [this](env&, const json& args, const json&) { return find(args.at(0)).state(); });
  add_block("try", [this](env& e, const json& args, const json& options) {
    return try_block(e, args, options);
  });
  add_block("repeat", [this](env& e, const json& args, const json& options) {
    return repeat_block(e, args, options);
  });
  add_block("if", [this](env& e, const json& args, const json&) -> script<signal> {
    const bool yes = truth(replaced(e, args.at(0)));
    if (yes) co_return co_await block(e, args.at(1));
    if (args.size() > 2) co_return co_await block(e, args[2]);
    co_return signal{};
  });
}

// --- the whole ---

void core::make_objects() {
  const json specs = option(scenario_, "objects", json::object());
  for (const auto& [name, spec] : specs.items()) {
    json args = spec;
    args.erase(0);
    const std::string kind = spec.at(0);
    bind(name, kind == "var" ? std::make_shared<cell>(args.empty() ? json(nullptr) : args[0])
                             : make_object(name, kind, args));
  }
}

void core::write_final() {
  json tasks = json::object();
  for (const std::string& name : tasks_) tasks[name] = objects_.at(name)->state();
  json objects = json::object();
  const json specs = option(scenario_, "objects", json::object());
  for (const auto& [name, spec] : specs.items()) {
    const bool is_cell = spec.at(0) == "var";
    const json state = objects_.at(name)->state();
    if (is_cell || !state.is_null()) objects[name] = state;
  }
  record("", "final", {{"tasks", tasks}, {"objects", objects}});
}

}  // namespace conformance
