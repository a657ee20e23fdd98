#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/backend.hpp"
#include "compat/on_fiber.hpp"
#include "compat/task.hpp"

namespace crossfade::ab {

/// Which of an operation's callers runs it.
struct caller {
  /// From 0. With an open load every operation has a worker of its own.
  std::size_t worker;
  std::size_t workers;  ///< how many there are; 0 with an open load, which has no bound
};

/// What is compared: work that is done over and over, on a loop of its own.
///
/// One is made for each run, on one backend. Its functions run as tasks on that backend; only
/// `operate` is measured, and it may be running many times at once. What it throws is counted as a
/// failed operation. Cancellation: operations that still run a second after the time is over are
/// cancelled; `tear_down` comes then too. Threads: the loop's only. Lifetime: the backend outlives
/// it.
class workload {
 public:
  workload() = default;
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;
  virtual ~workload() = default;

  /// Before the first operation. What it throws ends the session: there is nothing to compare.
  virtual task<> set_up() { co_return; }
  /// One operation.
  virtual task<> operate(caller by) = 0;
  /// When the last operation has ended, also after a failure.
  virtual task<> tear_down() { co_return; }
};

/// How much is asked of a workload at a time.
struct load {
  /// Closed: so many workers, each of which begins its next operation when the last has ended.
  std::size_t workers = 1;
  /// Open, if not 0: so many operations a second, at random times that do not depend on how fast
  /// they are served (a Poisson process). `workers` does not matter then.
  double rate = 0;

  bool is_open() const noexcept { return rate > 0; }
};

/// A workload, before it is made.
struct registered_workload {
  std::string name;         ///< "queue_pipeline/small"
  std::string description;  ///< one line: what an operation is
  load usual;               ///< unless something else is asked for
  /// How many things an operation does, where it does the same thing often: what a table shows is
  /// by thing then.
  std::size_t things = 1;
  /// The name of a thing: "spawn", "row", "request".
  std::string thing = "operation";
  std::function<std::unique_ptr<workload>(backend& on)> make;
};

/// What a workload is, besides its code. Written
/// `{.name = "prices/one", .description = "ask the exchange for a price"}`.
struct workload_options {
  std::string name;
  std::string description = {};
  load usual = {};
  std::size_t things = 1;
  std::string thing = "operation";
};

namespace detail {

/// Operations that are functions of either text, without state of their own.
template <class F>
class function_workload final : public workload {
 public:
  explicit function_workload(F function) : function_(std::move(function)) {}

  task<> operate(caller) override {
    if constexpr (crossfade::detail::is_coroutine_text<F&>) {
      co_await function_();
    } else {
      co_await on_fiber([this] { function_(); });
    }
  }

 private:
  F function_;
};

}  // namespace detail

/// The workloads there are, in the order in which they were added.
class suite {
 public:
  /// A workload of its own class, `W(arguments...)`, or `W(backend, arguments...)` where it has
  /// such a constructor. Throws: `std::invalid_argument` if the name is taken or empty.
  template <class W, class... A>
  void add(workload_options options, A... arguments) {
    add({std::move(options.name), std::move(options.description), options.usual, options.things,
         std::move(options.thing), [arguments...](backend& on) -> std::unique_ptr<workload> {
           if constexpr (std::is_constructible_v<W, backend&, const A&...>) {
             return std::make_unique<W>(on, arguments...);
           } else {
             return std::make_unique<W>(arguments...);
           }
         }});
  }
  /// One text for both backends. Blocking text runs in a portal where the backend has no stacks.
  template <class F>
    requires std::is_invocable_v<F&>
  void add(workload_options options, F function) {
    add(std::move(options), function, function);
  }
  /// The text that a service has, for the backend with stacks, and the one that it is ported to.
  template <class Before, class After>
    requires std::is_invocable_v<Before&> && std::is_invocable_v<After&>
  void add(workload_options options, Before before, After after) {
    add({std::move(options.name), std::move(options.description), options.usual, options.things,
         std::move(options.thing), [before, after](backend& on) -> std::unique_ptr<workload> {
           if (on.has_stack()) return std::make_unique<detail::function_workload<Before>>(before);
           return std::make_unique<detail::function_workload<After>>(after);
         }});
  }
  /// One that is made as it says itself. Throws: as the first.
  void add(registered_workload added);

  const std::vector<registered_workload>& all() const noexcept { return all_; }
  /// Those whose names match one of the patterns: a name, or the beginning of one in front of a
  /// slash; all for none. In their order here. Throws: `std::invalid_argument` for a pattern that
  /// matches nothing, with the names there are.
  std::vector<const registered_workload*> matching(const std::vector<std::string>& patterns) const;

 private:
  std::vector<registered_workload> all_;
};

}  // namespace crossfade::ab
