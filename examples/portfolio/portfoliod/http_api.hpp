#pragma once

#include "portfoliod/tasks.hpp"

#include "compat/http/router.hpp"
#include "compat/subsystem.hpp"

#include <chrono>
#include <functional>

namespace portfoliod {

class database;
class http_client;
class observer;

/// The subsystem "http_api": the routes under /api/1, the page, and the metrics.
///
/// Results come in an envelope, `{"result": ..., "message": ""}`; the result of what failed is null
/// and the message says why. Threads: the loop's only. Lifetime: all that it is given outlives it,
/// and it outlives its handler.
class http_api {
 public:
  http_api(crossfade::subsystem& system, database& db, const http_client& client, tasks& queries,
           const observer& watch) noexcept
      : system_(system), database_(db), client_(client), tasks_(queries), observer_(watch) {}

  /// Answers each request in a root task of its own, on the backend that the flag names for its
  /// account: what the header X-Account says.
  crossfade::http::handler handler();

 private:
  using request = crossfade::http::request;
  using query = std::function<crossfade::task<answer>(const request&)>;

  crossfade::http::router routes();
  /// Asks `q`, or with `?async_query=true` has it asked by the tasks.
  crossfade::http::handler answered_by(query q);

  crossfade::task<answer> info() const;
  crossfade::task<answer> import(const request& r) const;
  crossfade::task<answer> balances() const;
  crossfade::task<answer> prices() const;

  answer list_tasks() const;
  crossfade::task<answer> take_task(const request& r);
  answer delete_task(const request& r);

  crossfade::subsystem& system_;
  database& database_;
  const http_client& client_;
  tasks& tasks_;
  const observer& observer_;
  const std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
};

}  // namespace portfoliod
