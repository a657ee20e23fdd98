#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "compat/detail/ownership.hpp"
#include "compat/op.hpp"

namespace crossfade {

namespace detail {
template <class Key, class Less>
class keyed_lock_op;
}

/// A lock for each key, between tasks of either backend: one task at a time for each account, say.
///
/// A key takes memory only while it is held. Order: FIFO for each key; nobody can barge in; keys do
/// not wait for each other. Cancellation: a cancelled waiter leaves the queue; if it had just been
/// handed the key, it has it, and the cancellation comes at its next wait. Threads: the loop's
/// only. Lifetime: outlives its guards and waiters; the destructor ends the program otherwise.
/// Throws: `usage_error` if the task already holds the key; comparing keys must not throw. Source:
/// the `defaultdict(Semaphore)` of services on gevent. Differs: keys go when they are not in use.
template <class Key, class Less = std::less<>>
class keyed_lock {
  struct entry;

 public:
  using guard = detail::lock_guard<entry>;

  keyed_lock() = default;
  keyed_lock(const keyed_lock&) = delete;
  keyed_lock& operator=(const keyed_lock&) = delete;
  ~keyed_lock() {
    for (auto& [key, held] : entries_) held.owned_.require_unused("a keyed lock");
  }

  /// Waits until the key is free, then holds it for as long as the guard lives.
  detail::keyed_lock_op<Key, Less> acquire(Key key) {
    return detail::keyed_lock_op<Key, Less>(*this, std::move(key));
  }
  /// Holds the key if nobody does now, the running task included.
  std::optional<guard> try_acquire(Key key);
  bool is_held(const Key& key) const { return entries_.contains(key); }
  /// The id of the task that holds the key, 0 if none does.
  std::uint64_t holder(const Key& key) const;
  /// The number of keys that are held.
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  friend detail::keyed_lock_op<Key, Less>;

  // There is one only for a key that is held.
  struct entry {
    void give_back() noexcept {
      owned_.hand_over();
      if (owned_.holder() == 0) home->entries_.erase(home->entries_.find(*key));
    }

    keyed_lock* home = nullptr;
    const Key* key = nullptr;
    detail::ownership owned_{};
  };

  entry& find_or_make(Key&& key) {
    const auto [place, made] = entries_.try_emplace(std::move(key));
    if (made) {
      place->second.home = this;
      place->second.key = &place->first;
    }
    return place->second;
  }

  std::map<Key, entry, Less> entries_;
};

namespace detail {

template <class Key, class Less>
class keyed_lock_op final : public waitable<keyed_lock_op<Key, Less>> {
  using lock_type = keyed_lock<Key, Less>;

 public:
  keyed_lock_op(lock_type& lock, Key&& key)
      : waitable<keyed_lock_op>(rules_of_this), lock_(lock), key_(std::move(key)) {}

 private:
  friend waitable<keyed_lock_op>;
  static bool leave(op_base& o) noexcept {
    static_cast<keyed_lock_op&>(o).entry_->owned_.leave(o);
    return true;
  }
  static std::uint64_t held_by(const op_base& o) noexcept {
    return static_cast<const keyed_lock_op&>(o).entry_->owned_.holder();
  }
  static constexpr wait_rules rules_of_this{
      .name = "a key of a keyed lock", .leave = &leave, .holder = &held_by};

  bool start() {
    entry_ = &lock_.find_or_make(std::move(key_));
    if (entry_->owned_.held_by(this->task())) {
      throw usage_error(this->task().label() +
                        " acquires a key of a keyed lock that it already holds: release its guard "
                        "first");
    }
    return entry_->owned_.take_or_queue(*this);
  }
  typename lock_type::guard take() noexcept { return typename lock_type::guard(*entry_); }

  lock_type& lock_;
  Key key_;
  typename lock_type::entry* entry_ = nullptr;
};

}  // namespace detail

template <class Key, class Less>
std::optional<typename keyed_lock<Key, Less>::guard> keyed_lock<Key, Less>::try_acquire(Key key) {
  const detail::task_state& task = detail::task_state::current();
  entry& held = find_or_make(std::move(key));
  if (!held.owned_.take_if_free(task)) return std::nullopt;
  return guard(held);
}

template <class Key, class Less>
std::uint64_t keyed_lock<Key, Less>::holder(const Key& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? 0 : found->second.owned_.holder();
}

}  // namespace crossfade
