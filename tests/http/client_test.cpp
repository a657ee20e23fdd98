#include "compat/http/client.hpp"

#include "tests/http/http_test.hpp"

#include "compat/event.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>

namespace crossfade::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

using phase = error::phase;

/// A failed call: how far it came, and whether time was up.
struct failure {
  phase at;
  bool timed_out = false;
  friend bool operator==(const failure&, const failure&) = default;
};

class ClientTest : public http_test {
 protected:
  /// Runs `script()`, the server's side, beside `calls()`.
  template <class Script, class Calls>
  void converse(Script&& script, Calls&& calls) {
    run([&](task_group& group) -> task<> {
      auto served = group.spawn(script);
      co_await calls();
      co_await served.join();
    });
  }

  /// How `c` fails.
  task<failure> failure_of(client& client, const std::string& url,
                           const std::string& method = "GET") {
    const call c{.url = url, .method = method};
    try {
      const response got = co_await client.send(c);
      ADD_FAILURE() << "answered with " << got.status << ' ' << got.body;
    } catch (const error& e) {
      last_error_ = e.what();
      co_return failure{e.at(), e.timed_out()};
    }
    co_return failure{phase::url};
  }

  raw_server server_{loop_};
  std::string last_error_;
};

TEST_P(ClientTest, KeepsItsConnectionForTheNextCall) {
  client client(loop_);
  converse(
      [&]() -> task<> {
        raw_peer only = co_await server_.accept();
        EXPECT_THAT(co_await only.read_until("\r\n\r\n"),
                    AllOf(StartsWith("GET /1?a=b HTTP/1.1\r\n"), HasSubstr("Host: 127.0.0.1:")));
        co_await only.write(ok("one"));
        EXPECT_THAT(co_await only.read_until("\r\n\r\n", 4),
                    AllOf(StartsWith("POST /2 HTTP/1.1\r\n"), HasSubstr("X-Key: value\r\n"),
                          HasSubstr("Content-Length: 4\r\n"), EndsWith("body")));
        co_await only.write(ok("two"));
      },
      [&]() -> task<> {
        EXPECT_EQ((co_await client.get(server_.url("/1?a=b"))).body, "one");
        const call posted{.url = server_.url("/2"),
                          .method = "POST",
                          .headers = {{"X-Key", "value"}},
                          .body = "body"};
        EXPECT_EQ((co_await client.send(posted)).body, "two");
      });
}

TEST_P(ClientTest, ReadsEveryKindOfBody) {
  client client(loop_);
  converse(
      [&]() -> task<> {
        raw_peer peer = co_await server_.accept();
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu");
        co_await checkpoint();
        co_await peer.write("\r\n3;x=y\r\nnks\r\n0\r\nTrailer: t\r\n\r\n");
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");  // to a HEAD
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write("HTTP/1.1 204 No Content\r\n\r\n");
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" +
            ok("at last"));
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write("HTTP/1.1 200 OK\r\n\r\nuntil it closes");
      },
      [&]() -> task<> {
        EXPECT_EQ((co_await client.get(server_.url())).body, "chunks");
        const call head{.url = server_.url(), .method = "HEAD"};
        EXPECT_EQ((co_await client.send(head)).body, "");
        EXPECT_EQ((co_await client.get(server_.url())).status, 204U);
        EXPECT_EQ((co_await client.get(server_.url())).body, "at last");
        EXPECT_EQ((co_await client.get(server_.url())).body, "until it closes");
      });
}

TEST_P(ClientTest, DoesNotReuseAConnectionThatIsOver) {
  const std::string last_words[] = {
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      ok("") + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong",  // nobody asked
  };
  client client(loop_);
  converse(
      [&]() -> task<> {
        for (const std::string& words : last_words) {
          raw_peer peer = co_await server_.accept();
          co_await peer.read_until("\r\n\r\n");
          co_await peer.write(words);
          EXPECT_EQ(co_await peer.read_to_end(), "");
        }
      },
      [&]() -> task<> {
        for (std::size_t i = 0; i < std::size(last_words); ++i) {
          EXPECT_EQ((co_await client.get(server_.url())).body, "");
        }
        // The last connection is found out at the next call.
        EXPECT_EQ(co_await failure_of(client, "http://127.0.0.1:1/"), failure{phase::connect});
      });
}

TEST_P(ClientTest, SeesThatTheServerClosedAKeptConnection) {
  client client(loop_);
  event closed;
  converse(
      [&]() -> task<> {
        {
          raw_peer first = co_await server_.accept();
          co_await first.read_until("\r\n\r\n");
          co_await first.write(ok("one"));
        }
        closed.set();
        raw_peer second = co_await server_.accept();
        co_await second.read_until("\r\n\r\n");
        co_await second.write(ok("two"));
      },
      [&]() -> task<> {
        const call post{.url = server_.url(), .method = "POST"};
        EXPECT_EQ((co_await client.send(post)).body, "one");
        co_await closed.wait();
        EXPECT_EQ((co_await client.send(post)).body, "two");
      });
}

TEST_P(ClientTest, TriesOnceMoreIfAKeptConnectionClosesUnderAnIdempotentCall) {
  client client(loop_);
  converse(
      [&]() -> task<> {
        for (int i = 0; i < 2; ++i) {
          raw_peer closes_under_it = co_await server_.accept();
          co_await closes_under_it.read_until("\r\n\r\n");
          co_await closes_under_it.write(ok("first"));
          co_await closes_under_it.read_until("\r\n\r\n");
        }
        raw_peer fresh = co_await server_.accept();
        co_await fresh.read_until("\r\n\r\n");
        co_await fresh.write(ok("again"));
      },
      [&]() -> task<> {
        EXPECT_EQ((co_await client.get(server_.url())).body, "first");
        EXPECT_EQ(co_await failure_of(client, server_.url(), "POST"), failure{phase::receive});
        EXPECT_EQ((co_await client.get(server_.url())).body, "first");
        EXPECT_EQ((co_await client.get(server_.url())).body, "again");
      });
}

TEST_P(ClientTest, DoesNotTryAgainOnANewConnection) {
  client client(loop_);
  converse(
      [&]() -> task<> {
        raw_peer peer = co_await server_.accept();
        co_await peer.read_until("\r\n\r\n");
      },
      [&]() -> task<> {
        EXPECT_EQ(co_await failure_of(client, server_.url()), failure{phase::receive});
      });
}

TEST_P(ClientTest, GivesUpOnAServerThatStalls) {
  const client_options impatient[] = {
      {.read_timeout = 20ms},
      {.total_timeout = 20ms},
  };
  for (const client_options& options : impatient) {
    for (const char* so_far :
         {"", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}) {
      client client(loop_, options);
      converse(
          [&]() -> task<> {
            raw_peer peer = co_await server_.accept();
            co_await peer.read_until("\r\n\r\n");
            co_await peer.write(so_far);
            co_await peer.read_to_end();
          },
          [&]() -> task<> {
            EXPECT_EQ(co_await failure_of(client, server_.url()), (failure{phase::receive, true}))
                << so_far;
          });
    }
  }
  EXPECT_EQ(last_error_, "127.0.0.1:" + std::to_string(server_.port()) + ": receive: timed out");
}

TEST_P(ClientTest, GivesUpOnAServerThatDripsItsResponse) {
  client client(loop_, {.total_timeout = 30ms});
  run([&](task_group& group) -> task<> {
    auto dripping = group.spawn([&]() -> task<> {
      raw_peer peer = co_await server_.accept();
      co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      for (;;) {
        co_await peer.write("x");
        co_await sleep(1ms);
      }
    });
    EXPECT_EQ(co_await failure_of(client, server_.url()), (failure{phase::receive, true}));
    dripping.cancel();
  });
}

TEST_P(ClientTest, SaysWhereACallFailedAndWhy) {
  client client(loop_, {.max_response_size = 4});
  converse(
      [&]() -> task<> {
        for (const char* bad :
             {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
              "not HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le"}) {
          raw_peer peer = co_await server_.accept();
          co_await peer.read_until("\r\n\r\n");
          co_await peer.write(bad);
        }
      },
      [&]() -> task<> {
        for (const char* why :
             {"body limit exceeded", "body limit exceeded", "bad version", "partial message"}) {
          EXPECT_EQ(co_await failure_of(client, server_.url()), failure{phase::receive});
          EXPECT_THAT(last_error_,
                      AllOf(StartsWith("127.0.0.1:"), EndsWith(": receive: " + std::string(why))));
        }
        const std::string nowhere = std::string(64, 'a') + ".invalid";  // too long for DNS
        EXPECT_EQ(co_await failure_of(client, "http://" + nowhere + "/"), failure{phase::resolve});
        EXPECT_THAT(last_error_, StartsWith(nowhere + ": resolve: "));
        EXPECT_EQ(co_await failure_of(client, "https://host/"), failure{phase::url});
        EXPECT_EQ(last_error_, "https://host/: url: https is not supported; expected http://");
        EXPECT_EQ(co_await failure_of(client, "http://host/", "GET /x"), failure{phase::url});
      });
}

TEST_P(ClientTest, SaysThatNobodyListens) {
  std::string url;
  {
    const raw_server gone(loop_);
    url = gone.url();
  }
  client client(loop_);
  run([&](task_group&) -> task<> {
    EXPECT_EQ(co_await failure_of(client, url), failure{phase::connect});
    EXPECT_THAT(last_error_, EndsWith(": connect: Connection refused"));
  });
}

TEST_P(ClientTest, FindsAHostByItsName) {
  client client(loop_);
  converse(
      [&]() -> task<> {
        raw_peer peer = co_await server_.accept();
        EXPECT_THAT(co_await peer.read_until("\r\n\r\n"), HasSubstr("Host: localhost:"));
        co_await peer.write(ok("found"));
      },
      [&]() -> task<> {
        const std::string url = "http://localhost:" + std::to_string(server_.port()) + "/";
        EXPECT_EQ((co_await client.get(url)).body, "found");
      });
}

TEST_P(ClientTest, CallsBeyondTheLimitWaitInTheirOrder) {
  client client(loop_, {.max_connections_per_host = 1});
  std::string order;
  run([&](task_group& group) -> task<> {
    group.spawn([&]() -> task<> {
      raw_peer only = co_await server_.accept();
      for (int i = 0; i < 3; ++i) {
        const std::string asked = co_await only.read_until("\r\n\r\n");
        order += asked[5];
        co_await only.write(ok(""));
      }
    });
    auto ask = [&](const char* target) -> task<> { co_await client.get(server_.url(target)); };
    for (const char* target : {"/1", "/2", "/3"}) group.spawn(ask, target);
    co_return;
  });
  EXPECT_EQ(order, "123");
}

TEST_P(ClientTest, CancelledCallLeavesThePoolWhole) {
  client client(loop_, {.max_connections_per_host = 1});
  run([&](task_group& group) -> task<> {
    auto ask = [&]() -> task<std::string> { co_return (co_await client.get(server_.url())).body; };
    auto in_flight = group.spawn(ask);
    raw_peer first = co_await server_.accept();
    co_await first.read_until("\r\n\r\n");
    auto waits = group.spawn(ask);
    auto next = group.spawn(ask);
    co_await settle();
    waits.cancel();
    in_flight.cancel();
    EXPECT_EQ(co_await first.read_to_end(), "");  // its answer can reach nobody else
    raw_peer second = co_await server_.accept();
    co_await second.read_until("\r\n\r\n");
    co_await second.write(ok("sound"));
    EXPECT_EQ(co_await next.join(), "sound");
    auto reuses = group.spawn(ask);
    co_await second.read_until("\r\n\r\n");
    co_await second.write(ok("as ever"));
    EXPECT_EQ(co_await reuses.join(), "as ever");
  });
}

TEST_P(ClientTest, CanBeCancelledWhileItLooksAHostUp) {
  client client(loop_);
  run([&](task_group& group) -> task<> {
    auto asking = group.spawn([&]() -> task<> { co_await client.get("http://localhost:1/"); });
    co_await checkpoint();
    EXPECT_FALSE(asking.done());
    asking.cancel("changed my mind");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await asking.join(); }),
                HasSubstr("changed my mind"));
    // The system's resolver goes on by itself for a while.
    const auto looks_up = [&] {
      return std::ranges::any_of(
          loop_.tasks(), [](const task_info& task) { return task.name == "resolve localhost"; });
    };
    while (looks_up()) co_await sleep(1ms);
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, ClientTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade::http
