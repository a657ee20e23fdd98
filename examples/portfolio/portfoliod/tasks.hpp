#pragma once

#include "compat/handle.hpp"
#include "compat/subsystem.hpp"
#include "compat/task.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod {

/// What the API has to say to a request.
struct answer {
  nlohmann::json result;
  std::string message = {};
  unsigned status = 200;
};

/// The subsystem "tasks": queries whose answer is asked for later, by number.
///
/// An answer can be taken once. Threads: the loop's only. Lifetime: outlives its tasks.
class tasks {
 public:
  using query = std::function<crossfade::task<answer>()>;
  using id = std::uint64_t;

  explicit tasks(crossfade::subsystem& system) noexcept : system_(system) {}

  /// Starts a query, on the backend that the flag names for that account, and gives its number.
  id start(std::string_view name, std::string_view account, query q);
  /// The numbers of the queries that have ended, or have not.
  std::vector<id> list(bool ended) const;
  bool has(id which) const { return entries_.contains(which); }
  /// The answer, which is forgotten; none if the query has not ended. A query that failed, or was
  /// cancelled, has an answer that says so.
  crossfade::task<std::optional<answer>> take(id which);
  /// Cancels a query and forgets it. False: there is none.
  bool remove(id which);
  /// Cancels all queries, waits for their end and forgets them.
  crossfade::task<> stop();

 private:
  crossfade::subsystem& system_;
  std::map<id, crossfade::handle<answer>> entries_;
  id last_ = 0;
};

}  // namespace portfoliod
