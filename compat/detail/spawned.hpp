#pragma once

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "compat/detail/result.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/task.hpp"

namespace crossfade::detail {

/// A task with the result that a handle takes.
template <class T>
class task_record : public task_state {
 public:
  using task_state::task_state;
  /// Moves the value out, or throws what the task ended with, to each who asks.
  T take() {
    if (end() != task_end::value) [[unlikely]]
      throw_end();
    if constexpr (std::is_object_v<T>) {
      if (std::exchange(value_taken_, true)) [[unlikely]]
        throw_value_taken();
    }
    return result_.take();
  }

 protected:
  const std::exception_ptr* error() const noexcept final { return result_.error(); }
  void set_error(std::exception_ptr error) noexcept final { result_.set_error(std::move(error)); }
  [[no_unique_address]] result<T> result_;  // the next member may lie in its padding

 private:
  bool value_taken_ = false;
};

/// A task together with its function and arguments, which live until it ends.
template <class F, class... A>
class spawned final : public task_record<result_of<F, A...>> {
  using value_type = result_of<F, A...>;
  static constexpr bool is_coroutine = is_coroutine_text<F, A...>;

 public:
  template <class... Given>
  spawned(scheduler& s, const task_origin& origin, Given&&... given)
      : task_record<value_type>(s, origin, !is_coroutine), call_(std::forward<Given>(given)...) {}
  // The body is dropped when the task ends, and no task goes before.
  ~spawned() override {}

 private:
  decltype(auto) call() {
    return std::apply(
        [](F& function, A&... arguments) -> decltype(auto) {
          return std::invoke(std::move(function), std::move(arguments)...);
        },
        call_);
  }

  void start_body() noexcept override {
    if constexpr (is_coroutine) {
      try {
        call().start_as_root(*this, this->result_);
      } catch (...) {
        this->fail_to_start(std::current_exception());
      }
    } else {
      this->result_.set_from([this]() -> decltype(auto) { return call(); });
      this->finish();
    }
  }

  void call_on_stack() noexcept override {
    this->result_.set_from([this]() -> decltype(auto) {
      if constexpr (is_coroutine) {
        return await(call());
      } else {
        return call();
      }
    });
  }

  const std::exception_ptr* drop_body() noexcept override {
    std::destroy_at(&call_);
    return this->result_.error();
  }

  union {
    std::tuple<F, A...> call_;
  };
};

}  // namespace crossfade::detail
