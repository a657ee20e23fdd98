#pragma once

#include "compat/clock.hpp"
#include "compat/subsystem.hpp"
#include "compat/task.hpp"

namespace portfoliod {

class database;
class http_client;

/// The subsystem "periodic": has what is held priced again and again.
///
/// Each round is a root task of its own, so a changed flag moves the next one. Threads: the loop's
/// only. Lifetime: database and client outlive it; it outlives its tasks.
class periodic {
 public:
  periodic(crossfade::subsystem& system, database& db, http_client& client,
           crossfade::duration interval) noexcept
      : system_(system), database_(db), client_(client), interval_(interval) {}

  /// Until cancelled. A round that fails is logged, and the next one comes all the same.
  crossfade::task<> run();

 private:
  crossfade::task<> refresh_quotes();

  crossfade::subsystem& system_;
  database& database_;
  http_client& client_;
  const crossfade::duration interval_;
};

}  // namespace portfoliod
