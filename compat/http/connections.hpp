#pragma once

#include "compat/clock.hpp"
#include "compat/task.hpp"

#include <cstddef>
#include <list>

namespace crossfade::http {

namespace detail {
class connection;
}

/// The connections that a server has on one side of its subsystem: the state of a `switched`, whose
/// `drain` is `end_soon`.
///
/// Threads: the loop's only. Lifetime: outlives its connections, as a `switched` has it.
class connections {
 public:
  connections() = default;
  connections(const connections&) = delete;
  connections& operator=(const connections&) = delete;

  /// Until it is cancelled: whoever is answered is told that the connection ends with that, and
  /// who has asked nothing when `patience` is over finds it closed. No request is lost unless its
  /// sender was silent for so long, as with `server_options::idle_timeout`.
  task<> end_soon(duration patience);

  std::size_t size() const noexcept { return open_.size(); }

 private:
  friend detail::connection;
  std::list<detail::connection*> open_;
  bool ending_ = false;
};

}  // namespace crossfade::http
