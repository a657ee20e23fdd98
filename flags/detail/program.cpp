#include "flags/detail/program.hpp"

#include "flags/detail/coercion.hpp"

#include <algorithm>
#include <new>
#include <span>

namespace crossfade::flags::detail {
namespace {

datum* new_data(std::size_t count, std::pmr::memory_resource& memory) {
  return new (memory.allocate(count * sizeof(datum), alignof(datum))) datum[count];
}

class machine {
 public:
  machine(const program& rule, evaluation& with)
      : code_(rule.code), with_(with), top_(new_data(rule.stack, with.memory)) {}

  /// The value of the code from `at` to before `end`.
  datum run(std::size_t at, std::size_t end, const scope& data) {
    while (at < end) {
      const instruction& now = code_[at++];
      switch (now.code) {
        case opcode::constant:
          push(now.value);
          break;
        case opcode::list:
          make_list(now.count);
          break;
        case opcode::call: {
          top_ -= now.count;
          const datum result = now.function({{top_, now.count}, true}, data, with_);
          if (result.is(kind::failure)) return result;
          push(result);
          break;
        }
        case opcode::call_spread: {
          const datum argument = pop();
          const datum result = now.function(spread(argument), data, with_);
          if (result.is(kind::failure)) return result;
          push(result);
          break;
        }
        case opcode::jump:
          at = now.target;
          break;
        case opcode::jump_unless:
          if (!truthy(pop())) at = now.target;
          break;
        case opcode::jump_if_false:
        case opcode::jump_if_true:
          if (truthy(top_[-1]) == (now.code == opcode::jump_if_true)) {
            at = now.target;
          } else {
            pop();
          }
          break;
        case opcode::map:
        case opcode::filter:
        case opcode::all:
        case opcode::some:
        case opcode::none:
        case opcode::reduce: {
          const datum result = walk(now.code, at, now.target);
          if (result.is(kind::failure)) return result;
          push(result);
          at = now.target;
          break;
        }
        case opcode::fail:
          return datum::failure();
      }
    }
    return pop();
  }

 private:
  using items = std::span<const datum>;

  void push(const datum& value) { *top_++ = value; }
  datum pop() { return *--top_; }

  static operands spread(const datum& argument) {
    if (argument.is(kind::list)) return {argument.items(), true};
    return {{&argument, 1}, false};
  }

  void make_list(std::size_t count) {
    datum* const kept = new_data(count, with_.memory);
    std::copy(top_ - count, top_, kept);
    top_ -= count;
    push(datum::list({kept, count}));
  }

  // Not part of `run`, whose frame would grow by all that is here.
  [[gnu::noinline]] datum walk(opcode how, std::size_t body, std::size_t end) {
    if (how == opcode::reduce) return reduce(body, end);
    const datum subject = pop();
    const items list = subject.is(kind::list) ? subject.items() : items();
    if (how == opcode::map) return map(list, body, end);
    if (how == opcode::filter) return filter(list, body, end);
    return quantify(how, list, body, end);
  }

  datum map(items list, std::size_t body, std::size_t end) {
    datum* const results = new_data(list.size(), with_.memory);
    for (std::size_t i = 0; i < list.size(); ++i) {
      results[i] = run(body, end, scope(list[i]));
      if (results[i].is(kind::failure)) return results[i];
    }
    return datum::list({results, list.size()});
  }

  datum filter(items list, std::size_t body, std::size_t end) {
    datum* const kept = new_data(list.size(), with_.memory);
    std::size_t count = 0;
    for (const datum& item : list) {
      const datum verdict = run(body, end, scope(item));
      if (verdict.is(kind::failure)) return verdict;
      if (truthy(verdict)) kept[count++] = item;
    }
    return datum::list({kept, count});
  }

  datum quantify(opcode how, items list, std::size_t body, std::size_t end) {
    // `all` ends at the first item that is not, the others at the first that is.
    const bool decisive = how != opcode::all;
    for (const datum& item : list) {
      const datum verdict = run(body, end, scope(item));
      if (verdict.is(kind::failure)) return verdict;
      if (truthy(verdict) == decisive) return datum::boolean(how == opcode::some);
    }
    return datum::boolean(how == opcode::none || (how == opcode::all && !list.empty()));
  }

  datum reduce(std::size_t body, std::size_t end) {
    datum accumulator = pop();
    const datum subject = pop();
    if (!subject.is(kind::list)) return accumulator;
    for (const datum& item : subject.items()) {
      void* const raw = with_.memory.allocate(2 * sizeof(member), alignof(member));
      const auto* members = new (raw) member[2]{{"current", item}, {"accumulator", accumulator}};
      accumulator = run(body, end, scope(datum::object({members, 2})));
      if (accumulator.is(kind::failure)) break;
    }
    return accumulator;
  }

  const std::vector<instruction>& code_;
  evaluation& with_;
  datum* top_;
};

}  // namespace

program failing_program() {
  return {.code = {{.code = opcode::fail}}, .stack = 0, .constants = {}};
}

datum run(const program& rule, const scope& data, evaluation& with) {
  return machine(rule, with).run(0, rule.code.size(), data);
}

}  // namespace crossfade::flags::detail
