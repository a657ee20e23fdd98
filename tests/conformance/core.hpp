#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "script.hpp"

namespace conformance {

using nlohmann::json;

/// An exception by the name of a Python type, raised by a scenario or on its behalf.
struct raised {
  std::string type;
  json args = json::array();
  bool by_scenario = false;  ///< then its arguments show in the trace
};

/// The scenario itself is unusable, or runs away. Nothing it may observe.
struct scenario_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How an exception shows in a trace.
struct shown {
  std::string type;
  json args = json::array();  ///< empty: they do not show
  json members = nullptr;     ///< of a group
  std::string scope = {};     ///< whose timeout it is
};

/// How a list of statements was left.
struct signal {
  enum class how : std::uint8_t { ended, returned, broke };
  how left = how::ended;
  json value = nullptr;
};

/// One activation of a list of statements: its name in the trace, and its variables.
struct env {
  std::string name;
  std::map<std::string, json> variables;
  std::exception_ptr handling;
};

/// Something that a scenario has given a name.
class object {
 public:
  object() = default;
  object(const object&) = delete;
  object& operator=(const object&) = delete;
  virtual ~object() = default;
  /// Null: it has none that shows.
  virtual json state() { return nullptr; }
  /// Of cells of all kinds. These are none.
  virtual void store(json value);
  virtual json load();
};

/// Runs one scenario: what both models share. A model adds its objects, operations and exceptions.
///
/// Written as coroutine text, so that it runs on either backend.
class core {
 public:
  explicit core(const json& scenario);
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  virtual ~core() = default;

  /// The trace. Throws `scenario_error`.
  json run();

 protected:
  using plain_operation = std::function<script<json>(env&, const json& args, const json& options)>;
  using block_operation =
      std::function<script<signal>(env&, const json& args, const json& options)>;
  using call = std::function<json(env&, const json& args, const json& options)>;

  // --- what a model supplies ---
  /// Runs main and everything it starts, until nothing can happen any more, and ends with `final`.
  virtual void run_model() = 0;
  virtual std::int64_t tick() = 0;
  virtual shown show(const std::exception_ptr& error) = 0;
  /// The bases of its own exception types, added to Python's.
  void add_type(const std::string& type, std::vector<std::string> bases);
  virtual std::exception_ptr make_exception(const std::string& type, const json& args,
                                            bool by_scenario) = 0;
  virtual std::shared_ptr<object> make_object(const std::string& name, const std::string& kind,
                                              const json& args) = 0;
  /// Plain statements, which write one entry, and blocks, which write their own.
  void add_plain(const std::string& name, plain_operation operation);
  /// A plain statement that waits on a stack, or not at all.
  void add_call(const std::string& name, call operation);
  void add_block(const std::string& name, block_operation operation);
  /// A plain operation without an entry in the trace.
  script<json> perform(env& e, const std::string& name, const json& args, const json& options);

  // --- names ---
  void bind(const std::string& name, std::shared_ptr<object> o, bool is_task = false);
  /// Raises NameError.
  object& find(const json& name);
  template <class O>
  O& find(const json& name) {
    if (auto* const o = dynamic_cast<O*>(&find(name))) return *o;
    fail(name.get<std::string>() + " is of another kind");
  }

  // --- running ---
  [[noreturn]] void fail(const std::string& reason);
  /// TYPE, or [TYPE, args...].
  std::exception_ptr exception_of(const json& spec);
  [[noreturn]] void raise(const std::string& type);
  bool is_a(const std::string& type, const std::string& base) const;
  json shown_as(const std::exception_ptr& error, const char* key);
  void record(const std::string& who, const std::string& operation, json outcome);
  json replaced(const env& e, const json& value);
  script<signal> block(env& e, const json& statements);
  script<json> call_proc(std::string name, std::string proc, json args);
  script<json> run_task(std::string name, std::string proc, json args);
  script<json> run_main();
  /// The inside of a block: writes its exit entry.
  script<signal> guarded(env& e, const char* operation, script<signal> inside);
  /// A callback's statements; `argument` is $0.
  void run_callback(const std::string& name, const json& statements, json argument);
  void make_objects();
  void write_final();
  /// For a model whose objects end before its loop.
  void forget_objects() noexcept { objects_.clear(); }
  /// From now on whatever runs has nothing to say.
  bool ended() const noexcept { return ended_; }
  void end() noexcept { ended_ = true; }

  static json option(const json& options, const char* name, json otherwise = nullptr);

 private:
  script<signal> statement(env& e, const json& s);
  script<signal> try_block(env& e, const json& args, const json& options);
  script<signal> handled(env& e, const json& body, const json& handlers);
  script<signal> with_finally(env& e, const json& body, const json& options);
  script<signal> repeat_block(env& e, const json& args, const json& options);
  script<signal> loop_of(env& e, const json& args, const json& options);
  void add_control();
  bool matches(const std::exception_ptr& error, const json& types);

  const json& scenario_;
  const json procs_;
  json trace_ = json::array();
  std::string invalid_;
  std::map<std::string, plain_operation> plain_;
  std::map<std::string, block_operation> blocks_;
  std::map<std::string, std::vector<std::string>> types_;
  std::map<std::string, std::shared_ptr<object>> objects_;
  std::vector<std::string> tasks_;
  std::uint64_t statements_run_ = 0;
  int depth_ = 0;
  bool ended_ = false;
};

/// Python's truth of a value.
bool truth(const json& value);

}  // namespace conformance
