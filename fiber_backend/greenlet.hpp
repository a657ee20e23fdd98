#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "compat/clock.hpp"
#include "compat/op.hpp"
#include "compat/spawn.hpp"
#include "compat/task.hpp"
#include "fiber_backend/callback.hpp"
#include "fiber_backend/detail/greenlet_core.hpp"
#include "fiber_backend/errors.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend {

template <class T>
class greenlet;

namespace detail {

class join_op final : public crossfade::detail::waitable<join_op>, private join_core {
 public:
  join_op(counted<greenlet_core> joined, std::optional<duration> timeout) noexcept
      : waitable(rules_of_this), join_core(std::move(joined), timeout) {}

 private:
  friend waitable<join_op>;
  static const crossfade::detail::wait_rules rules_of_this;
  static bool leave(crossfade::detail::op_base& op) noexcept;
  static std::uint64_t holder(const crossfade::detail::op_base& op) noexcept;
  bool start() { return begin(*this); }
  void take() noexcept { end(); }
};

template <class T>
class get_op;

/// The id of the task that runs it, 0 if none does: for reports of who waits for whom.
std::uint64_t holder_of(const greenlet_core& joined) noexcept;

/// The exception that ends a greenlet if no other is given.
std::exception_ptr default_exit();

enum class link_kind : std::uint8_t { any, value, exception };

/// From the hub: runs a function in a raw greenlet of its own, at once.
void run_in_raw_greenlet(hub& owner, std::function<void()> function);

template <class T>
class greenlet_of : public greenlet_core {
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

 public:
  /// Null unless it ended with one.
  const stored* value() const noexcept { return value_ ? &*value_ : nullptr; }
  T take() {
    if (error() != nullptr) std::rethrow_exception(error());
    if (exit() != nullptr) {
      if constexpr (std::is_constructible_v<T, const greenlet_exit&>) {
        try {
          std::rethrow_exception(exit());
        } catch (const greenlet_exit& e) {
          return T(e);
        }
      } else {
        std::rethrow_exception(exit());
      }
    }
    if constexpr (std::is_copy_constructible_v<T>) {
      return *value_;
    } else if constexpr (!std::is_void_v<T>) {
      return std::move(*value_);
    }
  }

 protected:
  using greenlet_core::greenlet_core;
  std::optional<stored> value_;
};

/// Function and arguments, which live until the greenlet has ended.
template <class F, class... A>
class greenlet_function {
 public:
  template <class... Given>
  explicit greenlet_function(Given&&... given)
      : call_(std::in_place, std::forward<Given>(given)...) {}
  using result = crossfade::detail::result_of<F, A...>;
  result call() {
    return std::apply(
        [](F& function, A&... arguments) -> result {
          if constexpr (crossfade::detail::is_coroutine_text<F, A...>) {
            return await(std::invoke(std::move(function), std::move(arguments)...));
          } else {
            return std::invoke(std::move(function), std::move(arguments)...);
          }
        },
        *call_);
  }
  void drop() noexcept { call_.reset(); }

 private:
  std::optional<std::tuple<F, A...>> call_;
};

template <class F, class... A>
class made_greenlet final : public greenlet_of<crossfade::detail::result_of<F, A...>> {
  using result = crossfade::detail::result_of<F, A...>;

 public:
  template <class... Given>
  made_greenlet(hub& owner, const spawn_options& o, Given&&... given)
      : greenlet_of<result>(owner, o.name, o.site), function_(std::forward<Given>(given)...) {}

 private:
  void call() override {
    if constexpr (std::is_void_v<result>) {
      function_.call();
      this->value_.emplace();
    } else {
      this->value_.emplace(function_.call());
    }
  }
  void drop_function() noexcept override { function_.drop(); }
  greenlet_function<F, A...> function_;
};

template <class F, class... A>
class made_raw_greenlet final : public raw_greenlet_core {
 public:
  template <class... Given>
  made_raw_greenlet(hub& owner, const spawn_options& o, Given&&... given)
      : raw_greenlet_core(owner, o.name, o.site), function_(std::forward<Given>(given)...) {}

 private:
  void call() override { function_.call(); }
  void drop_function() noexcept override { function_.drop(); }
  greenlet_function<F, A...> function_;
};

template <class F, class... A>
using greenlet_for = greenlet<crossfade::detail::result_of<std::decay_t<F>, std::decay_t<A>...>>;

}  // namespace detail

/// A greenlet made by `spawn_raw`, which has neither outcome nor links; or any, seen as such.
///
/// A handle: copies are the same greenlet, dropping them all lets it run on. Threads: the loop's
/// only. Lifetime: not beyond its loop. Source: greenlet.greenlet.
class raw_greenlet {
 public:
  raw_greenlet() = default;
  explicit raw_greenlet(detail::raw_core* core) noexcept : core_(core) {}

  /// It has ended, or was killed before it could begin.
  bool dead() const noexcept { return core_->dead(); }
  /// As `get_ident()` in it.
  std::uint64_t ident() const noexcept { return core_->ident(); }
  explicit operator bool() const noexcept { return static_cast<bool>(core_); }
  friend bool operator==(const raw_greenlet& a, const raw_greenlet& b) noexcept {
    return a.core_.get() == b.core_.get();
  }
  /// For the other parts of this folder.
  detail::raw_core& raw_core() const noexcept { return *core_; }

 private:
  detail::counted<detail::raw_core> core_;
};

/// A greenlet whatever its value: for lists of greenlets.
///
/// A handle, as `raw_greenlet`. Source: gevent.Greenlet. Differs from the portable `handle`:
/// dropping one does not cancel; what kills is an exception of one's choice, which the greenlet may
/// catch; a killed greenlet is successful; it may be linked and joined by many.
class any_greenlet {
 public:
  any_greenlet() = default;
  explicit any_greenlet(detail::greenlet_core* core) noexcept : core_(core) {}

  /// Gives it its first turn behind what is ready. Nothing if it was started, or killed, before.
  void start() { core_->start(); }
  /// Gives it its first turn after `delay`, and then at once.
  void start_later(duration delay) { core_->start_later(delay); }
  bool started() const noexcept { return core_->started(); }
  bool dead() const noexcept { return core_->dead(); }
  /// It has ended, by its function or by a kill.
  bool ready() const noexcept { return core_->ready(); }
  /// It has ended, and not with an error; a `greenlet_exit` is none.
  bool successful() const noexcept { return core_->successful(); }
  /// The error it ended with, or null.
  const std::exception_ptr& exception() const noexcept { return core_->error(); }
  /// The `greenlet_exit` that ended it, or null.
  const std::exception_ptr& exit() const noexcept { return core_->exit(); }
  std::string_view name() const noexcept { return core_->name(); }
  std::uint64_t ident() const noexcept { return core_->ident(); }

  /// Waits until it has ended or the time is over. Cancellation: as any wait. Source:
  /// Greenlet.join.
  [[nodiscard]] detail::join_op join(std::optional<duration> timeout = {}) const {
    return {core_, timeout};
  }
  /// Throws `exception` in it, behind what is ready, and waits until it has ended; not longer than
  /// `timeout` after the throw. One that has never run never will. Cancellation: of the wait; the
  /// kill goes its way. Source: Greenlet.kill.
  [[nodiscard]] task<> kill(std::exception_ptr exception = detail::default_exit(),
                            std::optional<duration> timeout = {}) const;
  /// The same without waiting. Source: Greenlet.kill with block=False, gevent.kill.
  void kill_nowait(std::exception_ptr exception = detail::default_exit()) const;

  /// Has `function` called in a raw greenlet of its own once this has ended, or if it has. Source:
  /// Greenlet.link.
  void link(callback<const any_greenlet&> function) const;
  /// The same if it ends without an error; if with one. Source: link_value, link_exception.
  void link_value(callback<const any_greenlet&> function) const;
  void link_exception(callback<const any_greenlet&> function) const;
  /// Has it called on the hub, where it must not wait. Source: Greenlet.rawlink.
  void rawlink(callback<const any_greenlet&> function) const;
  /// Takes back the first link of the callback, if there is one. Source: Greenlet.unlink.
  template <class Source>
  void unlink(const callback<Source>& function) const noexcept {
    core_->remove_link_of(function.identity());
  }

  explicit operator bool() const noexcept { return static_cast<bool>(core_); }
  operator raw_greenlet() const noexcept {  // NOLINT(google-explicit-constructor)
    return raw_greenlet(core_.get());
  }
  friend bool operator==(const any_greenlet& a, const any_greenlet& b) noexcept {
    return a.core_.get() == b.core_.get();
  }
  /// For the other parts of this folder.
  detail::greenlet_core& core() const noexcept { return *core_; }

 protected:
  detail::counted<detail::greenlet_core> core_;
};

namespace detail {
[[noreturn]] void throw_other_type(const any_greenlet& g);
}

/// A greenlet: a task on a stack of its own, in gevent's words.
///
/// Order: as the loop's. Cancellation: cancelling its task is to it a kill with `greenlet_exit`.
/// Lifetime: function and arguments live until it has ended. Source: gevent.Greenlet. Differs: see
/// `any_greenlet`.
template <class T = void>
class greenlet : public any_greenlet {
 public:
  greenlet() = default;
  explicit greenlet(detail::greenlet_of<T>* core) noexcept : any_greenlet(core) {}

  /// Made, but not started. Source: Greenlet(run).
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>>
  static greenlet make(F&& f, std::source_location site = std::source_location::current()) {
    return greenlet(
        new detail::made_greenlet<std::decay_t<F>>(get_hub(), {{}, site}, std::forward<F>(f)));
  }

  /// The same greenlet, of which the type of the value had been forgotten. Throws: `usage_error` if
  /// it is another.
  static greenlet of(const any_greenlet& g) {
    auto* const typed = dynamic_cast<detail::greenlet_of<T>*>(&g.core());
    if (typed == nullptr) detail::throw_other_type(g);
    return greenlet(typed);
  }

  /// Waits until it has ended and gives its value; each who asks gets a copy, or what cannot be
  /// copied, the first gets. Cancellation: as any wait. Throws: the error it ended with, of any
  /// type; `timeout_expired` after `timeout`; the `greenlet_exit` of a killed one. Source:
  /// Greenlet.get. Differs: there the exit is given as a value; here too if T can be made of a
  /// `const greenlet_exit&`.
  [[nodiscard]] detail::get_op<T> get(std::optional<duration> timeout = {}) const {
    return {typed(), timeout};
  }
  /// The same without waiting. Throws: `timeout_expired` if it has not ended.
  T get_nowait() const {
    if (!ready()) detail::throw_expired();
    return typed().take();
  }
  /// Null until it has ended with one.
  const auto* value() const noexcept { return typed().value(); }

  /// For the other parts of this folder.
  detail::greenlet_of<T>& typed() const noexcept {
    return static_cast<detail::greenlet_of<T>&>(*core_);
  }
};

/// Starts `function(arguments...)`, of either text, as a greenlet.
///
/// Written as the portable `spawn`; more than three arguments need the form with options. Order:
/// behind what is ready. Throws: `usage_error` where no loop with stacks runs. Source:
/// gevent.spawn.
template <class F>
auto spawn(F&& f, std::source_location site = std::source_location::current());
template <class F, class A>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, std::source_location site = std::source_location::current());
template <class F, class A, class B>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, std::source_location site = std::source_location::current());
template <class F, class A, class B, class C>
  requires crossfade::detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, C&& c, std::source_location site = std::source_location::current());
template <class F, class... A>
auto spawn(const spawn_options& options, F&& f, A&&... a);

/// A delay that knows where it was written.
struct delay {
  template <class Rep, class Period>
  delay(std::chrono::duration<Rep, Period> d,  // NOLINT(google-explicit-constructor)
        std::source_location s = std::source_location::current())
      : length(d), site(s) {}
  duration length;
  std::source_location site;
};

/// As `spawn`, but the first turn comes after a delay, and then at once. Source:
/// gevent.spawn_later.
template <class F, class... A>
auto spawn_later(delay after, F&& f, A&&... a);

/// As `spawn`, but without outcome and links. Source: gevent.spawn_raw.
template <class F>
raw_greenlet spawn_raw(F&& f, std::source_location site = std::source_location::current());

/// Throws `exception` in it, behind what is ready; never waits. Source: gevent.kill.
void kill(const raw_greenlet& victim, std::exception_ptr exception = detail::default_exit());

/// The greenlet that runs, empty where what runs is none: the main task, a coroutine, a raw
/// greenlet, the hub. Source: gevent.getcurrent. Differs: those have no object; see `get_ident`.
any_greenlet getcurrent() noexcept;

/// Throws `exception` in all, in one turn behind what is ready, and waits until they have ended.
/// Those that have never run never will. Cancellation: as any wait. Throws: `timeout_expired` after
/// `timeout`. Source: gevent.killall.
[[nodiscard]] task<> killall(std::vector<raw_greenlet> greenlets,
                             std::exception_ptr exception = detail::default_exit(),
                             std::optional<duration> timeout = {});
/// The same without waiting. Source: killall with block=False.
void killall_nowait(const std::vector<raw_greenlet>& greenlets,
                    const std::exception_ptr& exception = detail::default_exit());

}  // namespace crossfade::fiber_backend

#include "fiber_backend/detail/greenlet_templates.hpp"
