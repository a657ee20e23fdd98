#pragma once

#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "compat/backend.hpp"
#include "compat/detail/spawned.hpp"
#include "compat/handle.hpp"

namespace crossfade {

/// What may be said of a task when it is spawned. Written `{.name = "refresh"}`; the spawn site is
/// taken by itself.
struct spawn_options {
  std::string_view name = {};  ///< copied into the task
  std::source_location site = std::source_location::current();
};

struct root_options;

namespace detail {

template <class F>
concept is_function = !std::is_same_v<std::remove_cvref_t<F>, spawn_options> &&
                      !std::is_same_v<std::remove_cvref_t<F>, root_options>;

template <class F, class... A>
handle<result_of<std::decay_t<F>, std::decay_t<A>...>> spawn_task(scheduler& sched,
                                                                  const task_origin& origin,
                                                                  bool owned, F&& function,
                                                                  A&&... arguments) {
  auto* record = new spawned<std::decay_t<F>, std::decay_t<A>...>(
      sched, origin, std::forward<F>(function), std::forward<A>(arguments)...);
  record->enlist();
  return {*record, owned};
}

/// The ways to write `spawn`, over `self.launch(options, function, arguments...)`.
///
/// A default argument, which is what takes the spawn site, cannot follow a parameter pack; hence
/// one overload for each count. With options, which carry the site, any count goes.
template <class Derived, class Options = spawn_options>
class spawner {
 public:
  using here = std::source_location;

  template <class F>
  auto spawn(F&& f, here site = here::current()) {
    return self().launch(Options{.site = site}, std::forward<F>(f));
  }
  template <class F, class A>
    requires is_function<F>
  auto spawn(F&& f, A&& a, here site = here::current()) {
    return self().launch(Options{.site = site}, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires is_function<F>
  auto spawn(F&& f, A&& a, B&& b, here site = here::current()) {
    return self().launch(Options{.site = site}, std::forward<F>(f), std::forward<A>(a),
                         std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires is_function<F>
  auto spawn(F&& f, A&& a, B&& b, C&& c, here site = here::current()) {
    return self().launch(Options{.site = site}, std::forward<F>(f), std::forward<A>(a),
                         std::forward<B>(b), std::forward<C>(c));
  }
  template <class F, class... A>
  auto spawn(const Options& options, F&& f, A&&... a) {
    return self().launch(options, std::forward<F>(f), std::forward<A>(a)...);
  }

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

/// Spawns beside the running task, on its backend and in its subsystem.
class sibling_spawner : public spawner<sibling_spawner> {
 public:
  template <class F, class... A>
  auto launch(const spawn_options& options, F&& f, A&&... a) {
    task_state& parent = task_state::current();
    return spawn_task(*parent.sched,
                      {parent.carrier, parent.system, nullptr, options.name, options.site}, true,
                      std::forward<F>(f), std::forward<A>(a)...);
  }
};

}  // namespace detail

/// Starts `function(arguments...)`, of either text, as a task beside the running one: on the same
/// backend, in the same subsystem. Function and arguments are copied or moved into the task and
/// live until it ends.
///
/// Written `spawn(f)`, `spawn(f, a, b, c)` or `spawn({.name = "refresh"}, f, ...)`; more than three
/// arguments need the form with options. Order: first come, first run; it never runs before the
/// spawner waits or ends. Lifetime: see `handle`. Throws: `usage_error` outside of a task. Source:
/// gevent.spawn, asyncio.create_task.
template <class F>
auto spawn(F&& f, std::source_location site = std::source_location::current()) {
  return detail::sibling_spawner{}.spawn(std::forward<F>(f), site);
}
template <class F, class A>
  requires detail::is_function<F>
auto spawn(F&& f, A&& a, std::source_location site = std::source_location::current()) {
  return detail::sibling_spawner{}.spawn(std::forward<F>(f), std::forward<A>(a), site);
}
template <class F, class A, class B>
  requires detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, std::source_location site = std::source_location::current()) {
  return detail::sibling_spawner{}.spawn(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                         site);
}
template <class F, class A, class B, class C>
  requires detail::is_function<F>
auto spawn(F&& f, A&& a, B&& b, C&& c,
           std::source_location site = std::source_location::current()) {
  return detail::sibling_spawner{}.spawn(std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                                         std::forward<C>(c), site);
}
template <class F, class... A>
auto spawn(const spawn_options& options, F&& f, A&&... a) {
  return detail::sibling_spawner{}.spawn(options, std::forward<F>(f), std::forward<A>(a)...);
}

}  // namespace crossfade
