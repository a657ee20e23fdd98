#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/detail/switch_protocol.hpp"
#include "compat/errors.hpp"
#include "compat/spawn.hpp"
#include "compat/subsystem.hpp"

namespace crossfade {

/// State that a subsystem keeps, one for each backend that its flag may name at the moment: a pool
/// of connections, a server.
///
/// `spawn` starts a root task on the backend that the subsystem's chooser names and calls it with
/// that side's state. When the flag has changed, `follow` prepares the states that are wanted now,
/// and only when all of them serve does it let go of the others: they get no new work, may end what
/// they have begun, and are closed when nothing uses them. So no call is lost, made twice, or
/// served by two sides; a task stays on its backend and keeps its state. If preparing fails nothing
/// has changed: the sides that serve go on, and take the work of the one that is missing, on their
/// own backend. The way back is the same; a side that is wanted again before it has drained is
/// kept.
///
/// Cancellation: of `follow` or `open`, ends the preparing, and nothing has changed; of `close`,
/// lets the draining go on without it. Threads: the loop's only. Lifetime: `close` has ended before
/// it goes, or the run of the loop has; the subsystem outlives it.
template <class State>
class switched : public detail::spawner<switched<State>, root_options> {
 public:
  /// What is done with a state. Each runs as a root task on its backend.
  struct functions {
    /// Makes the state, ready for work. Whatever it throws, nothing has changed.
    std::function<task<std::unique_ptr<State>>(backend& on)> prepare;
    /// Called once, when nothing uses the state, which goes afterwards. Null: it only goes.
    std::function<task<>(State& idle)> close = {};
    /// Asks what uses the state to come to its end; cancelled when nothing does any more, or when
    /// the side is kept after all. Null: what uses it ends by itself.
    std::function<task<>(State& used)> drain = {};
  };
  /// The backends that the flag may name now, by name; whatever else `spawn` is told goes to one of
  /// them. An empty name is the default.
  using wanted_function = std::function<std::vector<std::string>()>;

  /// Without `wanted`, it is the one that the chooser names for no particular key.
  switched(subsystem& owner, functions how, wanted_function wanted = {},
           switch_options options = {})
      : protocol_(owner, std::move(wanted), std::move(options), std::move(how)) {}

  /// Prepares the sides that are wanted. Throws: what preparing one threw, if none serves then;
  /// `usage_error` if it is open already.
  task<> open() { return protocol_.open(); }
  /// Looks at what is wanted, and returns when new work goes there; draining goes on behind it.
  /// Failures are told to `switch_options::on_event`. One at a time, in order.
  task<> follow() { return protocol_.follow(); }
  /// Drains and closes all sides, and waits for that. `spawn` throws from now on.
  task<> close() { return protocol_.close(); }

  /// The backend that a task spawned now, for that targeting key, would get. Throws: `usage_error`
  /// if it is not open.
  backend& chosen(std::string_view targeting_key = {}) const {
    return protocol_.chosen(targeting_key).on;
  }
  /// Oldest first.
  std::vector<side_status> status() const { return protocol_.status(); }

  /// For `spawn(f, a...)`, which takes `root_options` and starts `f(state, a...)`, of either text,
  /// in the subsystem. Throws: `usage_error` if it is not open.
  template <class F, class... A>
  auto launch(const root_options& options, F&& f, A&&... a) {
    auto started = launch_on(protocol_.chosen(options.targeting_key), options, std::forward<F>(f),
                             std::forward<A>(a)...);
    owner().watch(started.id());
    return started;
  }
  /// For `shadow`, which has chosen. Throws: `usage_error` unless `serves(on)`.
  template <class F, class... A>
  auto launch_on(backend& on, const root_options& options, F&& f, A&&... a) {
    detail::switch_protocol::side* side = protocol_.serving(on);
    if (side == nullptr)
      throw usage_error("switched: the " + std::string(on.name()) + " side does not serve");
    return launch_on(*side, options, std::forward<F>(f), std::forward<A>(a)...);
  }
  /// Whether there is a state on that backend that takes new work.
  bool serves(const backend& on) const noexcept { return protocol_.serving(on) != nullptr; }
  subsystem& owner() const noexcept { return protocol_.owner(); }

 private:
  struct side_with_state final : detail::switch_protocol::side {
    side_with_state(backend& where, std::unique_ptr<State> made) noexcept
        : detail::switch_protocol::side(where), state(std::move(made)) {}
    const std::unique_ptr<State> state;
  };

  template <class F>
  struct with_state {
    detail::side_use use;
    F function;

    template <class... A>
    decltype(auto) operator()(A&&... arguments) {
      return std::invoke(std::move(function), *static_cast<side_with_state&>(use.start()).state,
                         std::forward<A>(arguments)...);
    }
  };

  template <class F, class... A>
  auto launch_on(detail::switch_protocol::side& side, const root_options& options, F&& f,
                 A&&... a) {
    return owner().launch_on(
        side.on, options, with_state<std::decay_t<F>>{detail::side_use(side), std::forward<F>(f)},
        std::forward<A>(a)...);
  }

  class protocol final : public detail::switch_protocol {
   public:
    protocol(subsystem& owner, wanted_function wanted, switch_options options, functions how)
        : switch_protocol(owner, std::move(wanted), std::move(options)), how_(std::move(how)) {}

   private:
    task<std::unique_ptr<side>> prepare(backend& on) override {
      std::unique_ptr<State> made = co_await how_.prepare(on);
      co_return std::make_unique<side_with_state>(on, std::move(made));
    }
    task<> close_side(side& idle) override {
      if (how_.close) co_await how_.close(*static_cast<side_with_state&>(idle).state);
    }
    task<> drain_side(side& used) override {
      if (how_.drain) co_await how_.drain(*static_cast<side_with_state&>(used).state);
    }

    const functions how_;
  };

  protocol protocol_;
};

}  // namespace crossfade
