#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "compat/clock.hpp"
#include "compat/task.hpp"
#include "coro_backend/awaitable.hpp"
#include "coro_backend/queue.hpp"

namespace crossfade::coro_backend {

namespace detail {

/// What those who complete, and the timer, share with who asks.
struct completion {
  std::vector<any_future> left;
  queue<any_future> done;  // none: time is up
  std::optional<timer_handle> timer;

  void one_done(future_core& of);
  void time_is_up();
};

std::shared_ptr<completion> watch_completion(const std::vector<any_future>& futures,
                                             std::optional<duration> timeout);

/// The next that is done. Throws: `timeout_error`.
crossfade::task<any_future> next_completed(std::shared_ptr<completion> watched);

}  // namespace detail

/// The results of several futures, or functions that run as tasks, as they come.
///
/// Written `for (as_completed<int> all(tasks); all.more();) use(co_await all.next());`. Order: that
/// in which they are done. Cancellation: of the wait leaves them alone. Lifetime: may go before
/// they are done. Source: asyncio.as_completed. Differs: no iterator.
template <class T>
class as_completed {
 public:
  template <class A>
  explicit as_completed(std::vector<A> all, std::optional<duration> timeout = {})
      : watched_(detail::watch_completion(ensured(all), timeout)), left_(watched_->left.size()) {}

  /// Whether one has not been asked for.
  bool more() const noexcept { return left_ > 0; }
  /// Waits for the next and gives its value. Throws: what that one ended with; `timeout_error`,
  /// once for each that is not done in time.
  crossfade::task<T> next() {
    --left_;
    const any_future of = co_await detail::next_completed(watched_);
    co_return static_cast<detail::future_of<T>&>(of.core()).result();
  }

 private:
  template <class A>
  static std::vector<any_future> ensured(std::vector<A>& all) {
    std::vector<any_future> futures;
    futures.reserve(all.size());
    for (A& a : all) futures.push_back(ensure_future(std::move(a)));
    return futures;
  }

  std::shared_ptr<detail::completion> watched_;
  std::size_t left_;
};

}  // namespace crossfade::coro_backend
