#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "compat/task.hpp"
#include "fiber_backend/detail/group_core.hpp"
#include "fiber_backend/greenlet.hpp"
#include "fiber_backend/queue.hpp"
#include "fiber_backend/semaphore.hpp"

namespace crossfade::fiber_backend {

namespace detail {

/// A value, an error, or that there are no more, for the item of that index.
template <class T>
struct imap_result {
  std::size_t index;
  std::optional<T> value;
  std::exception_ptr error = nullptr;
};

/// What the greenlet that spawns, those that compute and the one that reads share.
template <class T>
struct imap_state {
  queue<imap_result<T>> results;
  std::optional<semaphore> room;  // for results that nobody has asked for
  any_greenlet spawner;
  std::size_t spawned = 0;
  std::size_t outstanding = 0;
  bool finished = false;

  void put_end() { results.put_nowait({spawned, std::nullopt}); }
  void on_result(std::size_t index, const greenlet<T>& g) {
    --outstanding;
    const bool last = spawner.ready() && outstanding == 0 && !finished;
    if (last) finished = true;
    if (g.successful()) {
      results.put_nowait({index, g.get_nowait()});
    } else {
      results.put_nowait({index, std::nullopt, g.exception()});
    }
    if (last) put_end();
  }
  void on_spawned_all() {
    if (finished || outstanding > 0) return;
    finished = true;
    put_end();
  }
  void on_failed(std::exception_ptr error) {
    if (finished) return;
    finished = true;
    results.put_nowait({spawned, std::nullopt, std::move(error)});
  }
};

template <class T, class F, class Item>
task<> run_imap(const std::shared_ptr<imap_state<T>>& state,
                const std::shared_ptr<group_core>& group, const F& function,
                const std::vector<Item>& items) {
  std::exception_ptr error;
  try {
    for (const Item& item : items) {
      const std::size_t index = state->spawned++;
      if (state->room) co_await state->room->acquire();
      ++state->outstanding;
      const greenlet<T> member = make_greenlet({}, function, item);
      co_await add_to_group(group, member, std::nullopt);
      member.core().start();
      member.rawlink(
          [state, index](const any_greenlet& g) { state->on_result(index, greenlet<T>::of(g)); });
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (error != nullptr) {
    state->on_failed(error);
    state->room.reset();
    std::rethrow_exception(error);
  }
  state->on_spawned_all();
  state->room.reset();
}

}  // namespace detail

/// Gives the values of a function, called for each of a number of items in greenlets of a group, as
/// they come.
///
/// Made by `basic_group::imap`. Order: of the items, or of their coming. Cancellation: as any wait;
/// the greenlets run on. Threads: the loop's only. Lifetime: may go before its greenlets. Source:
/// gevent.pool's IMap and IMapUnordered. Differs: it is no range, since `next` waits.
template <class T>
class imap final {
 public:
  template <class F, class Item>
  imap(std::shared_ptr<detail::group_core> group, F function, std::vector<Item> items,
       std::optional<std::size_t> maxsize, bool ordered)
      : ordered_(ordered) {
    if (maxsize && *maxsize > 0) state_->room.emplace(*maxsize);
    state_->spawner = fiber_backend::spawn({.name = "imap"}, detail::run_imap<T, F, Item>, state_,
                                           std::move(group), std::move(function), std::move(items));
  }
  imap(const imap&) = delete;
  imap& operator=(const imap&) = delete;

  /// Waits for the next value. None: that was all. Throws: what its function threw.
  [[nodiscard]] task<std::optional<T>> next() {
    if (state_->room) state_->room->release();
    detail::imap_result<T> result = co_await next_result();
    if (result.error != nullptr) std::rethrow_exception(result.error);
    co_return std::move(result.value);
  }

 private:
  task<detail::imap_result<T>> next_result() {
    if (!ordered_) co_return co_await state_->results.get();
    for (;;) {
      if (const auto known = early_.find(index_); known != early_.end()) {
        detail::imap_result<T> result = std::move(known->second);
        early_.erase(known);
        ++index_;
        co_return result;
      }
      detail::imap_result<T> result = co_await state_->results.get();
      const std::size_t index = result.index;
      early_.insert_or_assign(index, std::move(result));
    }
  }

  std::shared_ptr<detail::imap_state<T>> state_ = std::make_shared<detail::imap_state<T>>();
  std::map<std::size_t, detail::imap_result<T>> early_;
  std::size_t index_ = 0;
  const bool ordered_;
};

}  // namespace crossfade::fiber_backend
