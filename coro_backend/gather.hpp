#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coro_backend/awaitable.hpp"
#include "coro_backend/future.hpp"

namespace crossfade::coro_backend {

/// How something ended: with a value, or by an exception.
template <class T>
class outcome {
 public:
  using stored = typename detail::future_of<T>::stored;
  explicit outcome(stored value) : what_(std::in_place_index<0>, std::move(value)) {}
  explicit outcome(std::exception_ptr error) : what_(std::in_place_index<1>, std::move(error)) {}
  bool has_value() const noexcept { return what_.index() == 0; }
  const stored& value() const {
    if (!has_value()) std::rethrow_exception(error());
    return *std::get_if<0>(&what_);
  }
  /// Null: it has a value.
  std::exception_ptr error() const noexcept {
    const auto* e = std::get_if<1>(&what_);
    return e != nullptr ? *e : nullptr;
  }

 private:
  std::variant<stored, std::exception_ptr> what_;
};

/// Has `gather` give each outcome instead of throwing the first failure.
struct return_exceptions_t {};
inline constexpr return_exceptions_t return_exceptions{};

namespace detail {

/// The future that stands for several.
class gather_core {
 public:
  gather_core(const gather_core&) = delete;
  gather_core& operator=(const gather_core&) = delete;

 protected:
  explicit gather_core(bool collects_failures) noexcept : collects_failures_(collects_failures) {}
  ~gather_core() = default;

  /// Listens to the child; a future that comes twice is one.
  void adopt(future_core& self, any_future child);
  bool cancel_children(const cancel_message& message);
  void add_holders_of_children(std::vector<std::uint64_t>& ids) noexcept;
  const std::vector<any_future>& children() const noexcept { return children_; }

 private:
  /// All are done: makes the value of them.
  virtual void collect() = 0;
  void child_done(future_core& self, future_core& child);

  std::vector<any_future> children_;
  std::size_t different_ = 0;
  std::size_t done_ = 0;
  const bool collects_failures_;
  bool cancel_requested_ = false;
};

/// What a child ended with, for `return_exceptions`; null: a value.
std::exception_ptr failure_of_child(future_core& child);

template <class T>
outcome<T> outcome_of_child(const any_future& child) {
  if (std::exception_ptr error = failure_of_child(child.core())) return outcome<T>(error);
  return outcome<T>(static_cast<future_of<T>&>(child.core()).peek());
}

template <class T>
typename future_of<T>::stored value_of_child(const any_future& child) {
  auto& core = static_cast<future_of<T>&>(child.core());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return core.result();
  }
}

/// `Collect` makes the value of the children.
template <class Value, class Collect>
class gathering final : public future_of<Value>, private gather_core {
 public:
  gathering(event_loop& owner, bool collects_failures, Collect how)
      : future_of<Value>(owner), gather_core(collects_failures), how_(std::move(how)) {}
  void add_child(any_future child) { adopt(*this, std::move(child)); }
  bool cancel(const cancel_message& message) override {
    return !this->done() && cancel_children(message);
  }
  void add_holders(std::vector<std::uint64_t>& ids) noexcept override {
    add_holders_of_children(ids);
  }

 private:
  void collect() override { this->set_result(how_(children())); }

  Collect how_;
};

/// `for_each(add)` calls `add` with each child, as soon as it has made it a future.
template <class Collect, class ForEach>
auto gather_as(std::size_t count, ForEach for_each, bool collects_failures, Collect how = {}) {
  using value = std::invoke_result_t<Collect&, const std::vector<any_future>&>;
  event_loop& loop = get_running_loop();
  if (count == 0) {
    const future<value> none = loop.create_future<value>();
    none.set_result(how({}));
    return future_base<value>(none);
  }
  auto* core = new gathering<value, Collect>(loop, collects_failures, std::move(how));
  future_base<value> all(*core);
  for_each([core](any_future child) { core->add_child(std::move(child)); });
  return all;
}

// The two kinds of arguments.
template <class... A>
auto each_of(A&... a) {
  return [&](auto add) { (add(ensure_future(std::move(a))), ...); };
}
template <class A>
auto each_in(std::vector<A>& all) {
  return [&](auto add) {
    for (A& a : all) add(ensure_future(std::move(a)));
  };
}

template <class T>
struct collect_vector {
  using value = std::vector<typename future_of<T>::stored>;
  value operator()(const std::vector<any_future>& children) const {
    value all;
    for (const any_future& child : children) all.push_back(value_of_child<T>(child));
    return all;
  }
};

template <class T>
struct collect_outcomes {
  using value = std::vector<outcome<T>>;
  value operator()(const std::vector<any_future>& children) const {
    value all;
    for (const any_future& child : children) all.push_back(outcome_of_child<T>(child));
    return all;
  }
};

template <class... T>
struct collect_tuple {
  using value = std::tuple<typename future_of<T>::stored...>;
  value operator()(const std::vector<any_future>& children) const {
    return take(children, std::index_sequence_for<T...>());
  }
  template <std::size_t... I>
  static value take(const std::vector<any_future>& children, std::index_sequence<I...> /*i*/) {
    return value{value_of_child<T>(children[I])...};
  }
};

template <class... T>
struct collect_outcome_tuple {
  using value = std::tuple<outcome<T>...>;
  value operator()(const std::vector<any_future>& children) const {
    return take(children, std::index_sequence_for<T...>());
  }
  template <std::size_t... I>
  static value take(const std::vector<any_future>& children, std::index_sequence<I...> /*i*/) {
    return value{outcome_of_child<T>(children[I])...};
  }
};

// Makes a value of the caller's own of what another way of collecting gives.
template <class Collect, class Combine>
struct combined {
  Combine combine;
  auto operator()(const std::vector<any_future>& children) { return combine(Collect()(children)); }
};

}  // namespace detail

/// Waits for several futures, or functions that run as tasks, at once: a future of a tuple of their
/// values, or of a vector if a vector is given.
///
/// The first failure, or cancellation of one, is the end of it, while the others go on; theirs are
/// dropped. With `return_exceptions` first, all are waited for, and it gives outcomes. Order: of
/// the arguments; functions start in it. Cancellation: of the future cancels all that are not done,
/// and it then ends failed with `cancelled_error`, when they have. Cancellation of the wait is that
/// of the future. Source: asyncio.gather. Differs: void gives `std::monostate`.
template <class... A>
auto gather(A... a) {
  return detail::gather_as<detail::collect_tuple<detail::awaited_value<A>...>>(
      sizeof...(A), detail::each_of(a...), false);
}
template <class... A>
auto gather(return_exceptions_t /*tag*/, A... a) {
  return detail::gather_as<detail::collect_outcome_tuple<detail::awaited_value<A>...>>(
      sizeof...(A), detail::each_of(a...), true);
}
template <class A>
auto gather(std::vector<A> all) {
  return detail::gather_as<detail::collect_vector<detail::awaited_value<A>>>(
      all.size(), detail::each_in(all), false);
}
template <class A>
auto gather(return_exceptions_t /*tag*/, std::vector<A> all) {
  return detail::gather_as<detail::collect_outcomes<detail::awaited_value<A>>>(
      all.size(), detail::each_in(all), true);
}

/// The same, and the value is what `combine` makes of the vector: for values of types of one's own.
template <class Combine, class A>
auto gather_with(Combine combine, std::vector<A> all) {
  using collect = detail::collect_vector<detail::awaited_value<A>>;
  return detail::gather_as(all.size(), detail::each_in(all), false,
                           detail::combined<collect, Combine>{std::move(combine)});
}
template <class Combine, class A>
auto gather_with(return_exceptions_t /*tag*/, Combine combine, std::vector<A> all) {
  using collect = detail::collect_outcomes<detail::awaited_value<A>>;
  return detail::gather_as(all.size(), detail::each_in(all), true,
                           detail::combined<collect, Combine>{std::move(combine)});
}

}  // namespace crossfade::coro_backend
