#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <ostream>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "compat/on_fiber.hpp"
#include "compat/task_group.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"

namespace crossfade::test_kit {

/// One of the four ways to run a piece of text: how it is written, and what carries it.
struct cell {
  enum class text : std::uint8_t { coroutine, blocking };
  enum class carrier : std::uint8_t { fiber, coro };

  text written;
  carrier carried;

  /// "fiber", "coro", "fiber_blocking", "coro_blocking".
  std::string name() const;
  friend void PrintTo(const cell& c, std::ostream* out) { *out << c.name(); }
};

using cell_pair = std::pair<cell, cell>;

inline constexpr std::array all_cells{cell{cell::text::coroutine, cell::carrier::fiber},
                                      cell{cell::text::coroutine, cell::carrier::coro},
                                      cell{cell::text::blocking, cell::carrier::fiber},
                                      cell{cell::text::blocking, cell::carrier::coro}};

std::vector<cell_pair> all_cell_pairs();

/// For INSTANTIATE_TEST_SUITE_P: all cells, and all pairs of them.
inline auto cells() { return testing::ValuesIn(all_cells); }
inline auto cell_pairs() { return testing::ValuesIn(all_cell_pairs()); }
std::string cell_name(const testing::TestParamInfo<cell>& info);
std::string pair_name(const testing::TestParamInfo<cell_pair>& info);

/// A call of a function of either text as a task: blocking text goes through a portal. `text`
/// outlives the task.
template <class Text>
task<> as_task(Text& text) {
  if constexpr (detail::is_coroutine_text<Text&>) {
    return text();
  } else {
    return [](Text& blocking) -> task<> { co_await on_fiber(blocking); }(text);
  }
}

/// A loop's two backends, and how text gets into each cell.
///
/// The text is always written as a coroutine. Where the cell says blocking, a function without
/// `co_await` waits for it: on a fiber as it is, on the coroutine backend through `on_fiber`.
struct both_backends {
  explicit both_backends(loop& owner, const fiber_backend::backend_options& options = {})
      : fiber(owner, options), coro(owner) {}

  backend& of(cell c) noexcept;
  child<> spawn(task_group& group, cell c, std::function<task<>()> text,
                std::source_location site = std::source_location::current());
  void run(cell c, const std::function<task<>()>& body,
           std::source_location site = std::source_location::current());

  fiber_backend::backend fiber;
  coro_backend::backend coro;
};

}  // namespace crossfade::test_kit
