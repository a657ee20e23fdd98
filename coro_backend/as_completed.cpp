#include "coro_backend/as_completed.hpp"

#include <algorithm>

namespace crossfade::coro_backend::detail {

void completion::one_done(future_core& of) {
  if (left.empty()) return;
  const any_future ended(of);
  std::erase(left, ended);
  done.put_nowait(ended);
  if (left.empty() && timer) timer->cancel();
}

void completion::time_is_up() {
  for (const any_future& f : left) {
    f.core().remove(this);
    done.put_nowait({});
  }
  left.clear();
}

std::shared_ptr<completion> watch_completion(const std::vector<any_future>& futures,
                                             std::optional<duration> timeout) {
  auto watched = std::make_shared<completion>();
  for (const any_future& f : futures) {
    if (std::find(watched->left.begin(), watched->left.end(), f) == watched->left.end())
      watched->left.push_back(f);
  }
  for (const any_future& f : watched->left) {
    f.core().add_done_callback([watched](future_core& of) { watched->one_done(of); },
                               watched.get());
  }
  if (!watched->left.empty() && timeout) {
    watched->timer = get_running_loop().call_later(*timeout, [watched] { watched->time_is_up(); });
  }
  return watched;
}

crossfade::task<any_future> next_completed(std::shared_ptr<completion> watched) {
  any_future of = co_await watched->done.get();
  if (!of) throw timeout_error("as_completed: timed out");
  co_return of;
}

}  // namespace crossfade::coro_backend::detail
