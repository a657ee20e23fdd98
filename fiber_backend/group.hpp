#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "fiber_backend/detail/group_core.hpp"
#include "fiber_backend/greenlet.hpp"
#include "fiber_backend/imap.hpp"

namespace crossfade::fiber_backend {

/// What groups and pools share: they track greenlets until these have ended, and run functions in
/// them.
///
/// Order: greenlets count in the order in which they were added. Cancellation: as any wait; it ends
/// no member. Threads: the loop's only. Lifetime: the members may outlive it. Source:
/// gevent.pool.Group. Differs from the portable `task_group`: it neither waits for its greenlets at
/// its end nor shares their failures.
class basic_group {
 public:
  basic_group(const basic_group&) = delete;
  basic_group& operator=(const basic_group&) = delete;

  /// How many greenlets it tracks.
  std::size_t size() const noexcept { return core_->size(); }
  bool contains(const any_greenlet& g) const noexcept { return core_->contains(g); }
  std::vector<any_greenlet> greenlets() const { return core_->members(); }

  /// Stops to track a greenlet. A pool has room for one more then, also if it was no member.
  void discard(const any_greenlet& g) { core_->discard(g); }
  /// Waits until it has been empty once. False: not in time. With `raise_error` it then throws the
  /// first error of those who were members at first. Source: Group.join.
  [[nodiscard]] task<bool> join(std::optional<duration> timeout = {}, bool raise_error = false) {
    return detail::join_group(core_, timeout, raise_error);
  }
  /// Throws `exception` in all and waits until none is left, or until the time is over. Source:
  /// Group.kill.
  [[nodiscard]] task<> kill(std::exception_ptr exception = detail::default_exit(),
                            std::optional<duration> timeout = {}) {
    return detail::kill_group(core_, std::move(exception), timeout);
  }
  /// The same without waiting. Source: Group.kill with block=False.
  void kill_nowait(const std::exception_ptr& exception = detail::default_exit()) {
    detail::kill_group_nowait(*core_, exception);
  }
  /// The same for a single greenlet, if it is a member.
  [[nodiscard]] task<> killone(any_greenlet g,
                               std::exception_ptr exception = detail::default_exit(),
                               std::optional<duration> timeout = {}) {
    return detail::kill_one(core_, std::move(g), std::move(exception), timeout);
  }
  void killone_nowait(const any_greenlet& g,
                      const std::exception_ptr& exception = detail::default_exit()) {
    core_->kill_member(g, exception);
  }

  /// Runs `function()` in a member and gives its value; called by a member, it runs it in place.
  template <class F>
  [[nodiscard]] task<crossfade::detail::result_of<std::decay_t<F>>> apply(
      F function, std::source_location site = std::source_location::current()) {
    return apply_in(core_, std::move(function), site);
  }
  /// The greenlet that does so. `done` is then called with the value, if there is one, in a
  /// greenlet of its own. Waits for room in a pool that seems to have some, and does not where it
  /// has none.
  template <class F>
  [[nodiscard]] auto apply_async(F function,
                                 std::source_location site = std::source_location::current()) {
    return apply_async_in(core_, std::move(function), nothing{}, site);
  }
  template <class F, class Done>
    requires(!std::is_same_v<Done, std::source_location>)
  [[nodiscard]] auto apply_async(F function, Done done,
                                 std::source_location site = std::source_location::current()) {
    return apply_async_in(core_, std::move(function), std::move(done), site);
  }
  /// Calls `function(item)` in a member for each item, and gives the values in the order of the
  /// items. Throws: the first error among them, in that order. Source: map.
  template <class F, class Item>
  [[nodiscard]] auto map(F function, std::vector<Item> items,
                         std::source_location site = std::source_location::current()) {
    return map_in(core_, std::move(function), std::move(items), site);
  }
  /// The greenlet that does so. Source: map_async.
  template <class F, class Item>
  auto map_async(F function, std::vector<Item> items,
                 std::source_location site = std::source_location::current()) {
    return map_greenlet(core_, std::move(function), std::move(items), site);
  }
  /// The same, but gives the values one by one, in the order of the items, as they come.
  /// `maxsize`: so many may have come and not been asked for. Source: imap.
  template <class F, class Item>
  auto imap(F function, std::vector<Item> items, std::optional<std::size_t> maxsize = {}) {
    using value = crossfade::detail::result_of<F, Item>;
    return fiber_backend::imap<value>(core_, std::move(function), std::move(items), maxsize, true);
  }
  /// The same in the order in which they come. Source: imap_unordered.
  template <class F, class Item>
  auto imap_unordered(F function, std::vector<Item> items,
                      std::optional<std::size_t> maxsize = {}) {
    using value = crossfade::detail::result_of<F, Item>;
    return fiber_backend::imap<value>(core_, std::move(function), std::move(items), maxsize, false);
  }

 protected:
  explicit basic_group(std::optional<std::size_t> size)
      : core_(std::make_shared<detail::group_core>(size)) {}
  ~basic_group() { core_->let_go_of_unstarted(); }

  using shared_core = std::shared_ptr<detail::group_core>;
  const shared_core& core() const noexcept { return core_; }

 private:
  struct nothing {};
  template <class F>
  using value_of = crossfade::detail::result_of<F>;

  template <class F>
  static task<value_of<F>> apply_in(shared_core core, F function, std::source_location site) {
    const any_greenlet current = getcurrent();
    if (current && core->contains(current)) {
      detail::greenlet_function<F> here(std::move(function));
      co_return here.call();
    }
    const auto made = detail::make_greenlet({{}, site}, std::move(function));
    co_await detail::add_to_group(core, made, std::nullopt);
    made.core().start();
    co_return co_await made.get();
  }

  template <class F, class Done>
  static task<greenlet<value_of<F>>> apply_async_in(shared_core core, F function, Done done,
                                                    std::source_location site) {
    using value = value_of<F>;
    if (core->free_count() == 0) {
      co_return fiber_backend::spawn({{}, site}, apply_and_tell<F, Done>, std::move(core),
                                     std::move(function), std::move(done), site);
    }
    greenlet<value> made = detail::make_greenlet({{}, site}, std::move(function));
    co_await detail::add_to_group(core, made, std::nullopt);
    made.start();
    if constexpr (!std::is_same_v<Done, nothing>) {
      made.link([done](const any_greenlet& g) {
        if (g.successful()) call_with<value>(done, greenlet<value>::of(g));
      });
    }
    co_return made;
  }
  template <class T, class Done>
  static void call_with(const Done& done, const greenlet<T>& g) {
    if constexpr (std::is_void_v<T>) {
      done();
    } else {
      done(g.get_nowait());
    }
  }
  template <class F, class Done>
  static value_of<F> apply_and_tell(const shared_core& core, F function, Done done,
                                    std::source_location site) {
    if constexpr (std::is_same_v<Done, nothing>) {
      return await(apply_in(core, std::move(function), site));
    } else if constexpr (std::is_void_v<value_of<F>>) {
      await(apply_in(core, std::move(function), site));
      fiber_backend::spawn({{}, site}, std::move(done));
    } else {
      value_of<F> value = await(apply_in(core, std::move(function), site));
      fiber_backend::spawn({{}, site}, std::move(done), value);
      return value;
    }
  }

  template <class F, class Item>
  using results_of = std::conditional_t<std::is_void_v<crossfade::detail::result_of<F, Item>>, void,
                                        std::vector<crossfade::detail::result_of<F, Item>>>;

  template <class F, class Item>
  static task<results_of<F, Item>> map_in(shared_core core, F function, std::vector<Item> items,
                                          std::source_location site) {
    const auto mapper = map_greenlet(std::move(core), std::move(function), std::move(items), site);
    co_return co_await mapper.get();
  }
  template <class F, class Item>
  static greenlet<results_of<F, Item>> map_greenlet(shared_core core, F function,
                                                    std::vector<Item> items,
                                                    std::source_location site) {
    return fiber_backend::spawn({{}, site}, run_map<F, Item>, std::move(core), std::move(function),
                                std::move(items), site);
  }
  template <class F, class Item>
  static task<results_of<F, Item>> run_map(const shared_core& core, const F& function,
                                           const std::vector<Item>& items,
                                           std::source_location site) {
    using value = crossfade::detail::result_of<F, Item>;
    std::vector<greenlet<value>> members;
    for (const Item& item : items) {
      members.push_back(detail::make_greenlet({{}, site}, function, item));
      co_await detail::add_to_group(core, members.back(), std::nullopt);
      members.back().start();
    }
    if constexpr (std::is_void_v<value>) {
      for (const auto& member : members) co_await member.get();
    } else {
      std::vector<value> values;
      for (const auto& member : members) values.push_back(co_await member.get());
      co_return values;
    }
  }

  shared_core core_;
};

/// A group without a limit. Source: gevent.pool.Group.
class group final : public basic_group {
 public:
  group() : basic_group(std::nullopt) {}

  /// Tracks a greenlet until it has ended.
  void add(const any_greenlet& g) { core()->add(g); }
  /// Tracks a greenlet and starts it.
  void start(any_greenlet g) {
    add(g);
    g.start();
  }
  /// Starts `function()` as a greenlet that it tracks.
  template <class F>
  auto spawn(F&& f, std::source_location site = std::source_location::current()) {
    auto made = detail::make_greenlet({{}, site}, std::forward<F>(f));
    start(made);
    return made;
  }
};

}  // namespace crossfade::fiber_backend
