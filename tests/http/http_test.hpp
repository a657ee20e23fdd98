#pragma once

#include "test_kit/loop_test.hpp"
#include "tests/http/raw_peer.hpp"

#include "compat/http/client.hpp"
#include "compat/http/server.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace crossfade {

using namespace test_kit;

/// A test of one task and those it spawns, on real sockets and so in real time, in its cell.
class http_test : public loop_test, public testing::WithParamInterface<cell> {
 protected:
  http_test() : loop_test({.virtual_time = false}) {}

  /// Runs `body(group)` in the cell, until it and the tasks of the group have ended.
  template <class Body>
  void run(Body&& body) {
    backends_.run(GetParam(), [&]() -> task<> { co_await with_task_group(body); });
  }

  /// Runs `body(server)` while a server runs, which then has to stop with nothing left to cut.
  template <class Body>
  void serve(http::handler answer, http::server_options options, Body&& body) {
    http::server server(loop_, std::move(answer), std::move(options));
    run([&](task_group& group) -> task<> {
      group.spawn([&]() -> task<> { co_await server.serve(); });
      co_await body(server);
      EXPECT_EQ(co_await server.stop(1h), 0U);
    });
  }

  static std::string url_of(const http::server& server, std::string_view target = "/") {
    return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(target);
  }
};

}  // namespace crossfade
