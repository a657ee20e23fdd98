#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "compat/sleep.hpp"
#include "compat/task.hpp"
#include "compat/task_group.hpp"
#include "test_kit/cell.hpp"
#include "test_kit/leak_check.hpp"

namespace crossfade::test_kit {

using namespace std::chrono_literals;

/// Waits until nothing else is ready; time does not move. To show that something has not happened
/// yet. One task at a time.
task<> settle();

/// The kind of an exception and what it says: "timeout_error: ...", "sqlite::error: ...",
/// "cancelled: ..."; "exception: ..." of one that is not the library's.
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

/// A loop with both backends for one test, under virtual time unless the options say otherwise: it
/// jumps to the next timer when every task waits, and a test that waits for ever ends in
/// `deadlock`.
///
/// What the loop reports is collected, and fails the test that does not take it: failures nobody
/// joined, swallowed cancellations, tasks that were left when the test's text had ended. So do a
/// file descriptor or a thread that is left; see `leak_check`. A run that takes too long is ended;
/// see `hang_watch`. What the fixtures below have in common.
class loop_fixture {
 public:
  explicit loop_fixture(loop_options options = {.virtual_time = true});
  ~loop_fixture();
  loop_fixture(const loop_fixture&) = delete;
  loop_fixture& operator=(const loop_fixture&) = delete;

  /// Runs `body()`, of either text, in a cell, until it has ended.
  template <class Body>
  void run_in(cell where, Body&& body,
              std::source_location site = std::source_location::current()) {
    backends_.run(
        where, [&] { return as_task(body); }, site);
  }
  /// Runs `body(group)`, of either text, as a fiber, until it and all tasks of the group have
  /// ended.
  template <class Body>
  void run(Body&& body, std::source_location site = std::source_location::current()) {
    run_in(
        {cell::text::coroutine, cell::carrier::fiber},
        [&]() -> task<> { co_await with_task_group(body); }, site);
  }
  /// The messages reported so far.
  const std::vector<std::string>& reports() const noexcept { return reports_; }
  /// As above, and they are forgotten.
  std::vector<std::string> take_reports() { return std::exchange(reports_, {}); }

 private:
  static loop_options reporting_to(std::vector<std::string>& reports, loop_options options);

  const leak_check leaks_;
  std::vector<std::string> reports_;

 protected:
  loop loop_;
  both_backends backends_;
};

/// A test of tasks on one loop, each where the test puts it.
class loop_test : public testing::Test, protected loop_fixture {
 protected:
  using loop_fixture::loop_fixture;
};

/// A test of one task, in the cell of its parameter.
class cell_test : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  using loop_test::loop_test;

  /// Runs `body()`, of either text, in the cell.
  template <class Body>
  void run(Body&& body, std::source_location site = std::source_location::current()) {
    run_in(GetParam(), body, site);
  }
  backend& carrier() { return backends_.of(GetParam()); }
};

/// A test of tasks that meet, each in its cell of the parameter.
class pair_test : public loop_test, public testing::WithParamInterface<cell_pair> {
 protected:
  using loop_test::loop_test;

  /// Spawns `text(arguments...)`, of either text, in a group and a cell. Text and arguments, of
  /// which there are at most three, are copied.
  class place {
    using here = std::source_location;

   public:
    place(both_backends& backends, cell c) noexcept : backends_(backends), cell_(c) {}
    template <class Text>
    child<> spawn(task_group& group, Text text, here site = here::current()) {
      return backends_.spawn(
          group, cell_, [text] { return as_task(text); }, site);
    }
    template <class Text, class A>
    child<> spawn(task_group& group, Text text, A a, here site = here::current()) {
      return spawn(
          group, [=] { return text(a); }, site);
    }
    template <class Text, class A, class B>
    child<> spawn(task_group& group, Text text, A a, B b, here site = here::current()) {
      return spawn(
          group, [=] { return text(a, b); }, site);
    }
    template <class Text, class A, class B, class C>
    child<> spawn(task_group& group, Text text, A a, B b, C c, here site = here::current()) {
      return spawn(
          group, [=] { return text(a, b, c); }, site);
    }

   private:
    both_backends& backends_;
    cell cell_;
  };

  place a() noexcept { return {backends_, GetParam().first}; }
  place b() noexcept { return {backends_, GetParam().second}; }
};

/// Runs `body()`, of either text, once in each cell, on a loop of its own each time: for a test
/// that is no TEST_P. What it throws is a failure that names the cell.
template <class Body>
void in_every_cell(Body&& body, std::source_location site = std::source_location::current()) {
  for (const cell where : all_cells) {
    SCOPED_TRACE(where.name());
    loop_fixture fixture;
    try {
      fixture.run_in(where, body, site);
    } catch (...) {
      ADD_FAILURE() << outcome(std::current_exception());
    }
  }
}

}  // namespace crossfade::test_kit
