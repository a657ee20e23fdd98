#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "compat/sleep.hpp"
#include "compat/task.hpp"
#include "compat/task_group.hpp"
#include "test_kit/cell.hpp"

namespace crossfade::test_kit {

using namespace std::chrono_literals;

/// Waits until nothing else is ready; time does not move. To show that something has not happened
/// yet. One task at a time.
task<> settle();

/// The kind of an exception and what it says: "timeout_error: ...", "cancelled: ...".
std::string outcome(const std::exception_ptr& error);

/// Awaits `text()`, of either text, and says what it threw.
template <class Text>
task<std::string> outcome_of(Text&& text) {
  try {
    if constexpr (detail::is_coroutine_text<Text>) {
      static_cast<void>(co_await text());
    } else {
      text();
    }
  } catch (...) {
    co_return outcome(std::current_exception());
  }
  co_return "nothing thrown";
}

/// A loop with both backends under virtual time, where a hang is a `deadlock`. What the loop
/// reports is collected, and fails the test that does not take it.
class loop_test : public testing::Test {
 public:
  ~loop_test() override;

 protected:
  explicit loop_test(bool virtual_time = true);

  /// Runs `body(group)`, of either text, as a fiber, until it and all tasks of the group have
  /// ended.
  template <class Body>
  void run(Body&& body) {
    backends_.run({cell::text::coroutine, cell::carrier::fiber},
                  [&]() -> task<> { co_await with_task_group(body); });
  }
  /// The messages reported so far.
  const std::vector<std::string>& reports() const noexcept { return reports_; }
  /// As above, and they are forgotten.
  std::vector<std::string> take_reports() { return std::exchange(reports_, {}); }

 private:
  std::vector<std::string> reports_;

 protected:
  loop loop_;
  both_backends backends_;
};

/// A test of one task, in the cell of its parameter.
class cell_test : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  /// Runs `body()`, coroutine text, in the cell.
  void run(const std::function<task<>()>& body) { backends_.run(GetParam(), body); }
  backend& carrier() { return backends_.of(GetParam()); }
};

/// A test of tasks that meet, each in its cell of the parameter.
class pair_test : public loop_test, public testing::WithParamInterface<cell_pair> {
 protected:
  class place {
   public:
    place(both_backends& backends, cell c) noexcept : backends_(backends), cell_(c) {}
    /// Spawns `text(arguments...)`, coroutine text, which is copied.
    template <class Text, class... A>
    child<> spawn(task_group& group, Text text, A... arguments) {
      return backends_.spawn(group, cell_, [=] { return text(arguments...); });
    }

   private:
    both_backends& backends_;
    cell cell_;
  };

  place a() noexcept { return {backends_, GetParam().first}; }
  place b() noexcept { return {backends_, GetParam().second}; }
};

}  // namespace crossfade::test_kit
