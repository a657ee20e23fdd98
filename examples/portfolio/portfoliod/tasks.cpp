#include "portfoliod/tasks.hpp"

#include "compat/errors.hpp"

#include <exception>
#include <utility>

namespace portfoliod {

namespace xf = crossfade;
using xf::task;

tasks::id tasks::start(std::string_view name, std::string_view account, query q) {
  entries_.emplace(++last_, system_.spawn({.name = name, .targeting_key = account}, std::move(q)));
  return last_;
}

std::vector<tasks::id> tasks::list(bool ended) const {
  std::vector<id> found;
  for (const auto& [number, running] : entries_) {
    if (running.done() == ended) found.push_back(number);
  }
  return found;
}

task<std::optional<answer>> tasks::take(id which) {
  const auto entry = entries_.find(which);
  if (entry == entries_.end() || !entry->second.done()) co_return std::nullopt;
  xf::handle<answer> ended = std::move(entry->second);
  entries_.erase(entry);
  try {
    co_return co_await ended.join();
  } catch (const xf::task_cancelled&) {
    co_return answer{.result = nullptr};
  } catch (const std::exception& death) {
    co_return answer{
        .result = nullptr,
        .message = std::string("The backend query task died unexpectedly: ") + death.what(),
        .status = 500};
  }
}

bool tasks::remove(id which) {
  const auto entry = entries_.find(which);
  if (entry == entries_.end()) return false;
  entry->second.cancel("its client has deleted it");
  entries_.erase(entry);
  return true;
}

task<> tasks::stop() {
  for (auto& [number, running] : entries_) running.cancel("the service stops");
  for (auto& [number, running] : std::exchange(entries_, {})) {
    try {
      static_cast<void>(co_await running.join());
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nobody asks for it any more
    }
  }
}

}  // namespace portfoliod
