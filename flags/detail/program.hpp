#pragma once

#include "flags/detail/operators.hpp"
#include "flags/detail/scope.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <vector>

namespace crossfade::flags::detail {

/// What an instruction does with the stack of values.
enum class opcode : unsigned char {
  constant,       ///< pushes `value`
  list,           ///< makes the topmost `count` values one list
  call,           ///< replaces the topmost `count` values by what `function` makes of them
  call_spread,    ///< the same with one value, whose items are the arguments if it is a list
  jump,           ///< goes to `target`
  jump_unless,    ///< takes a value; goes to `target` unless that is true
  jump_if_false,  ///< goes to `target` if the topmost value is not true, else drops it
  jump_if_true,   ///< goes to `target` if the topmost value is true, else drops it
  map,            ///< these replace a list; for each item, what is before `target` runs
  filter,
  all,
  some,
  none,
  reduce,  ///< takes the first accumulator too, which is above the list
  fail,    ///< ends the rule
};

struct instruction {
  opcode code;
  std::uint32_t count = 0;
  std::size_t target = 0;
  operation function = nullptr;
  datum value = {};
};

/// A rule, ready to be evaluated without recursion but for lists in lists that are walked.
///
/// Threads: any, at the same time.
struct program {
  std::vector<instruction> code;
  std::size_t stack = 0;                                 ///< most values that there are at a time
  std::unique_ptr<std::pmr::memory_resource> constants;  ///< keeps what `code` refers to
};

/// A rule that fails.
program failing_program();

/// The rule's value, in memory of the evaluation or of the data; a failure if it fails.
/// Throws: `std::bad_alloc`.
datum run(const program& rule, const scope& data, evaluation& with);

}  // namespace crossfade::flags::detail
