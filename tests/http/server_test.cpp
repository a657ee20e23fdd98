#include "compat/http/server.hpp"

#include "tests/http/http_test.hpp"

#include "compat/event.hpp"
#include "compat/subsystem.hpp"
#include "compat/switched.hpp"

#include <functional>
#include <stdexcept>

namespace crossfade::http {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::string get_of(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

response echo(const request& r) { return {.body = r.method + ' ' + r.target + ' ' + r.body}; }

/// Answers "in flight" once it is let go.
struct held_back {
  event begun;
  event go_on;
  task<response> operator()() {
    begun.set();
    co_await go_on.wait();
    co_return plain_text(200, "in flight");
  }
};

class ServerTest : public http_test {
 protected:
  /// What a client gets that says `text` and then listens until the server closes.
  task<std::string> answer_to(const server& to, std::string text) {
    raw_peer peer(loop_, to.port());
    co_await peer.write(std::move(text));
    co_return co_await peer.read_to_end();
  }
};

TEST_P(ServerTest, GivesTheHandlerTheRequestAndTheClientTheResponse) {
  auto handle = [](const request& r) -> task<response> {
    co_await checkpoint();
    response answer{.status = 201, .headers = {{"X-Twice", "1"}, {"X-Twice", "2"}}};
    answer.body = r.method + '|' + r.path + '|' + *r.query_value("q") + '|' +
                  *r.headers.find("x-asked") + '|' + r.body;
    co_return answer;
  };
  client client(loop_);
  serve(handle, {}, [&](server& server) -> task<> {
    const call asked{.url = url_of(server, "/a%20b?q=c%26d"),
                     .method = "POST",
                     .headers = {{"X-Asked", "yes"}},
                     .body = std::string("nul\0inside", 10)};
    const response got = co_await client.send(asked);
    EXPECT_EQ(got.status, 201U);
    EXPECT_EQ(got.body, std::string("POST|/a b|c&d|yes|nul\0inside", 28));
    EXPECT_EQ(*got.headers.find("x-twice"), "1");
    EXPECT_EQ(got.headers.size(), 3U);  // and Content-Length
  });
}

TEST_P(ServerTest, TakesAHandlerInBlockingText) {
  client client(loop_);
  serve(echo, {}, [&](server& server) -> task<> {
    EXPECT_EQ((co_await client.get(url_of(server, "/x"))).body, "GET /x ");
  });
}

TEST_P(ServerTest, KeepsTheConnectionForTheNextRequest) {
  serve(echo, {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    for (const std::string target : {"/1", "/2", "/3"}) {
      co_await peer.write(get_of(target));
      EXPECT_THAT(co_await peer.read_until("GET " + target + ' '),
                  StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    EXPECT_EQ(server.connections(), 1U);
  });
}

TEST_P(ServerTest, ClosesTheConnectionIfTheClientWantsIt) {
  serve(echo, {}, [&](server& server) -> task<> {
    EXPECT_THAT(
        co_await answer_to(server, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        AllOf(HasSubstr("Connection: close\r\n"), EndsWith("GET /a ")));
    EXPECT_THAT(co_await answer_to(server, "GET /a HTTP/1.0\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.0 200 OK\r\n"), EndsWith("GET /a ")));
  });
}

TEST_P(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  std::string order;
  auto handle = [&](const request& r) -> task<response> {
    if (r.path == "/1") co_await sleep(1ms);
    order += r.path;
    co_return response{.body = "[" + r.path + "]"};
  };
  serve(handle, {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(get_of("/1") + get_of("/2") +
                        "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string all = co_await peer.read_to_end();
    EXPECT_LT(all.find("[/1]"), all.find("[/2]"));
    EXPECT_LT(all.find("[/2]"), all.find("[/3]"));
    EXPECT_THAT(all, EndsWith("[/3]"));
  });
  EXPECT_EQ(order, "/1/2/3");
}

TEST_P(ServerTest, ReadsAChunkedBody) {
  serve(echo, {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    co_await checkpoint();
    co_await peer.write("7;extension=1\r\n, world\r\n0\r\nTrailer: t\r\n\r\n");
    EXPECT_THAT(co_await peer.read_until("world"), EndsWith("PUT / hello, world"));
  });
}

TEST_P(ServerTest, SendsABodyThatTheSocketDoesNotTakeAtOnce) {
  std::string body;
  while (body.size() < std::size_t{6} * 1024 * 1024) body += std::to_string(body.size());
  auto handle = [&](const request&) -> task<response> { co_return response{.body = body}; };
  client client(loop_);
  serve(handle, {}, [&](server& server) -> task<> {
    for (int n = 0; n < 2; ++n) {
      const response got = co_await client.get(url_of(server, "/"));
      EXPECT_TRUE(got.body == body) << "of " << got.body.size() << " bytes";
    }
  });
}

TEST_P(ServerTest, SeesToTheHeadersThatSayWhereAResponseEnds) {
  auto handle = [](const request&) -> task<response> {
    co_return response{
        .headers = {{"connection", "close"}, {"content-length", "9"}, {"Transfer-Encoding", "x"}},
        .body = "four"};
  };
  serve(handle, {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    for (int n = 0; n < 2; ++n) {
      co_await peer.write(get_of("/"));
      EXPECT_EQ(co_await peer.read_until("four"),
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour");
    }
  });
}

TEST_P(ServerTest, SendsNoBodyWhereNoneBelongs) {
  auto handle = [](const request& r) {
    return response{.status = r.path == "/none" ? 204U : 200U, .body = "hello"};
  };
  serve(handle, {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(co_await peer.read_until("\r\n\r\n"), HasSubstr("Content-Length: 5\r\n"));
    co_await peer.write(get_of("/none"));
    EXPECT_THAT(co_await peer.read_until("\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 204 "), Not(HasSubstr("Content-Length"))));
    co_await peer.write(get);  // the next response follows at once
    EXPECT_THAT(co_await peer.read_until("hello"), StartsWith("HTTP/1.1 200 "));
  });
}

TEST_P(ServerTest, SaysContinueToAClientThatWaitsForIt) {
  serve(echo, {.max_body_size = 5}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(co_await peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    co_await peer.write("hello");
    EXPECT_THAT(co_await peer.read_until("hello"), StartsWith("HTTP/1.1 200 "));
    co_await peer.write(
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(co_await peer.read_to_end(), StartsWith("HTTP/1.1 413 "));
  });
}

TEST_P(ServerTest, TakesABodyAtTheLimitAndNoneBeyond) {
  constexpr std::size_t limit = 300'000;
  auto handle = [](const request& r) { return response{.body = r.body}; };
  client client(loop_);
  serve(handle, {.max_body_size = limit}, [&](server& server) -> task<> {
    call put{.url = url_of(server), .method = "PUT", .body = std::string(limit, 'x')};
    const response all = co_await client.send(put);
    EXPECT_EQ(all.status, 200U);
    EXPECT_EQ(all.body, put.body);
    put.body += 'x';
    const response refused = co_await client.send(put);
    EXPECT_EQ(refused.status, 413U);
    EXPECT_EQ(refused.body, "the body is too large\n");
    EXPECT_EQ(*refused.headers.find("Connection"), "close");
    EXPECT_THAT(co_await answer_to(server,
                                   "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
                                   "\r\n\r\n493e1\r\n" +
                                       put.body + "\r\n0\r\n\r\n"),
                StartsWith("HTTP/1.1 413 "));
  });
}

TEST_P(ServerTest, RefusesWhatIsNoRequestAndSaysWhy) {
  const std::pair<std::string, std::string> refused[] = {
      {"hello\r\n\r\n", "400 Bad Request|malformed request: "},
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request|expected one Host header"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request|expected one Host header"},
      {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request|bad target"},
      {"GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n", "400 Bad Request|malformed request: "},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400 Bad Request|malformed"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
       "400 Bad Request|malformed"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Bad Request|malformed"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       "400 Bad Request|malformed"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
       "501 Not Implemented|transfer encoding"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n",
       "417 Expectation Failed|expectation"},
      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported|expected HTTP/1.1"},
      {"GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
       "414 URI Too Long|the URI is too long"},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a') + "\r\n\r\n",
       "431 Request Header Fields Too Large|the header is too large"},
  };
  serve(echo, {.max_header_size = 1000}, [&](server& server) -> task<> {
    for (const auto& [text, expected] : refused) {
      const std::size_t bar = expected.find('|');
      EXPECT_THAT(co_await answer_to(server, text),
                  AllOf(HasSubstr(expected.substr(0, bar) + "\r\n"),
                        HasSubstr("Connection: close\r\n"), HasSubstr(expected.substr(bar + 1))))
          << text;
    }
  });
}

TEST_P(ServerTest, CutsOffClientsThatStopSending) {
  const server_options impatient{
      .header_timeout = 20ms, .body_timeout = 20ms, .idle_timeout = 20ms};
  serve(echo, impatient, [&](server& server) -> task<> {
    EXPECT_EQ(co_await answer_to(server, ""), "");
    EXPECT_THAT(co_await answer_to(server, "GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(
        co_await answer_to(server, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"),
        StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(co_await answer_to(server, get), EndsWith("GET / "));  // and then idle
  });
}

TEST_P(ServerTest, CutsOffAClientThatSendsAHeaderDropByDrop) {
  serve(echo, {.header_timeout = 30ms}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    std::string got;
    const auto drip = [&]() -> task<> {
      co_await peer.write("GET / HTTP/1.1\r\n");
      for (;;) {
        co_await peer.write("X: y\r\n");
        co_await sleep(1ms);
      }
    };
    co_await with_task_group([&](task_group& both) -> task<> {
      both.spawn(drip);
      got = co_await peer.read_until("\r\n\r\n");
      both.cancel();
    });
    EXPECT_THAT(got, StartsWith("HTTP/1.1 408 "));
  });
}

TEST_P(ServerTest, LetsGoOfAClientThatDoesNotReadItsResponse) {
  auto handle = [](const request&) { return response{.body = std::string(64 << 20, 'x')}; };
  serve(handle, {.write_timeout = 20ms}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(get);
    co_await peer.read_until("\r\n\r\n");
    EXPECT_EQ(co_await server.stop(1h), 0U);  // ends, though nobody reads
  });
}

TEST_P(ServerTest, LetsGoOfAClientThatLeaves) {
  serve(echo, {}, [&](server& server) -> task<> {
    for (const char* part :
         {"", "GET / HT", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"}) {
      raw_peer peer(loop_, server.port());
      co_await peer.write(part);
      peer.finish_writing();
      EXPECT_EQ(co_await peer.read_to_end(), "") << part;
    }
  });
}

TEST_P(ServerTest, TellsOneConnectionTooManyAtOnce) {
  held_back held;
  auto handle = [&](const request&) { return held(); };
  serve(handle, {.max_connections = 1}, [&](server& server) -> task<> {
    raw_peer first(loop_, server.port());
    co_await first.write(get);
    co_await held.begun.wait();
    EXPECT_THAT(co_await answer_to(server, get), StartsWith("HTTP/1.1 503 "));
    held.go_on.set();
    EXPECT_THAT(co_await first.read_until("flight"), StartsWith("HTTP/1.1 200 "));
  });
}

TEST_P(ServerTest, GivesNothingAwayOfWhatAHandlerThrew) {
  std::vector<std::string> told;
  server_options options;
  options.on_error = [&](const request& r, const std::exception_ptr& e) {
    told.push_back(r.path + ' ' + describe(e));
  };
  auto handle = [](const request& r) -> task<response> {
    co_await checkpoint();
    if (r.path == "/std") throw std::runtime_error("secret");
    if (r.path == "/int") throw 42;
    if (r.path == "/status") co_return response{.status = 99};
    co_return response{.body = "fine"};
  };
  serve(handle, options, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());  // the connection is kept
    for (const char* target : {"/std", "/int", "/status"}) {
      co_await peer.write(get_of(target));
      EXPECT_THAT(co_await peer.read_until("Error\n"),
                  AllOf(StartsWith("HTTP/1.1 500 "), EndsWith("\r\n\r\nInternal Server Error\n")));
    }
    co_await peer.write(get);
    co_await peer.read_until("fine");
  });
  EXPECT_THAT(told, ElementsAre("/std secret", StartsWith("/int "),
                                "/status the handler of GET /status gave status 99; "
                                "expected 200 to 599"));
}

TEST_P(ServerTest, ReportsWhatAHandlerThrewToTheLoopIfNobodyElseIsTold) {
  auto handle = [](const request&) -> response { throw std::runtime_error("lost otherwise"); };
  client client(loop_);
  serve(handle, {}, [&](server& server) -> task<> {
    EXPECT_EQ((co_await client.get(url_of(server))).status, 500U);
  });
  EXPECT_THAT(take_reports(), ElementsAre(HasSubstr("lost otherwise")));
}

TEST_P(ServerTest, CancelsAHandlerThatTakesTooLong) {
  bool unwound = false;
  auto handle = [&](const request& r) -> task<response> {
    if (r.path == "/") {
      try {
        co_await sleep(1h);
      } catch (const cancelled&) {
        unwound = true;
        throw;
      }
    }
    co_return response{.body = "quick"};
  };
  serve(handle, {.handler_timeout = 10ms}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(get);
    EXPECT_THAT(co_await peer.read_until("long\n"), StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(unwound);
    co_await peer.write(get_of("/other"));
    co_await peer.read_until("quick");
  });
}

TEST_P(ServerTest, LetsRequestsInFlightFinishWhenItStops) {
  held_back held;
  auto handle = [&](const request&) { return held(); };
  server server(loop_, handle);
  run([&](task_group& group) -> task<> {
    auto serving = group.spawn([&]() -> task<> { co_await server.serve(); });
    raw_peer idle(loop_, server.port());
    raw_peer busy(loop_, server.port());
    co_await busy.write(get);
    co_await held.begun.wait();
    auto stopping = group.spawn([&]() -> task<std::size_t> { co_return co_await server.stop(1h); });
    EXPECT_EQ(co_await idle.read_to_end(), "");
    EXPECT_FALSE(stopping.done());
    held.go_on.set();
    EXPECT_THAT(co_await busy.read_to_end(),
                AllOf(HasSubstr("Connection: close\r\n"), EndsWith("in flight\n")));
    busy.close();
    EXPECT_EQ(co_await stopping.join(), 0U);
    co_await serving.join();
    EXPECT_EQ(server.connections(), 0U);
    EXPECT_THROW(raw_peer(loop_, server.port()), boost::system::system_error);
  });
}

TEST_P(ServerTest, CutsWhatIsLeftAfterTheGraceAndCountsIt) {
  held_back held;
  auto handle = [&](const request&) { return held(); };
  server server(loop_, handle);
  run([&](task_group& group) -> task<> {
    group.spawn([&]() -> task<> { co_await server.serve(); });
    raw_peer busy(loop_, server.port());
    raw_peer idle(loop_, server.port());
    co_await busy.write(get);
    co_await held.begun.wait();
    EXPECT_EQ(co_await server.stop(1ms), 1U);
    EXPECT_EQ(co_await busy.read_to_end(), "");
  });
}

TEST_P(ServerTest, EndsWithItsTaskWhenThatIsCancelled) {
  held_back held;
  auto handle = [&](const request&) { return held(); };
  server server(loop_, handle);
  run([&](task_group& group) -> task<> {
    auto serving = group.spawn([&]() -> task<> { co_await server.serve(); });
    raw_peer busy(loop_, server.port());
    co_await busy.write(get);
    co_await held.begun.wait();
    serving.cancel("enough");
    EXPECT_EQ(co_await busy.read_to_end(), "");
    EXPECT_THAT(co_await outcome_of([&]() -> task<> { co_await serving.join(); }),
                HasSubstr("enough"));
    EXPECT_EQ(server.connections(), 0U);
  });
}

TEST_P(ServerTest, SaysWhereItCannotListen) {
  const server first(loop_, echo);
  try {
    const server second(loop_, echo, {.port = first.port()});
    ADD_FAILURE() << "two servers on one port";
  } catch (const boost::system::system_error& e) {
    EXPECT_THAT(e.what(), StartsWith("http::server: cannot listen on 127.0.0.1 port " +
                                     std::to_string(first.port())));
  }
}

TEST_P(ServerTest, ServesTwoHundredClientsAtOnce) {
  constexpr int clients = 200;
  int waiting = 0;
  event all_there;
  auto handle = [&](const request& r) -> task<response> {
    if (++waiting == clients) all_there.set();
    co_await all_there.wait();
    co_return response{.body = r.path};
  };
  client client(loop_, {.max_connections_per_host = clients});
  int right = 0;
  serve(handle, {}, [&](server& server) -> task<> {
    co_await with_task_group([&](task_group& all) -> task<> {
      auto ask = [&](int n) -> task<> {
        for (const char* round : {"/a/", "/b/"}) {
          const std::string path = round + std::to_string(n);
          right += (co_await client.get(url_of(server, path))).body == path;
        }
      };
      for (int n = 0; n < clients; ++n) all.spawn(ask, n);
      co_return;
    });
  });
  EXPECT_EQ(right, 2 * clients);
}

/// Where a flag chooses among the backends.
class SubsystemServerTest : public ServerTest {
 protected:
  std::string chosen_ = "fiber";
  std::string moved_key_;  // this one gets coro, whatever is chosen
  runtime runtime_{
      loop_, {backends_.fiber, backends_.coro}, [this](std::string_view, std::string_view key) {
        const bool moved = !key.empty() && key == moved_key_;
        return moved ? std::string_view("coro") : std::string_view(chosen_);
      }};
  subsystem api_{runtime_, "http_api"};

  std::uint64_t spawned(std::string_view backend) const {
    for (const backend_counters& c : api_.counters()) {
      if (c.backend == backend) return c.spawned;
    }
    return 0;
  }
  std::uint64_t live() const {
    std::uint64_t all = 0;
    for (const backend_counters& c : api_.counters()) all += c.live;
    return all;
  }
};

TEST_P(SubsystemServerTest, FlagMovesTheNextRequestOfAConnectionThatIsKept) {
  auto handle = [&](const request&) -> task<response> {
    co_await checkpoint();
    for (const task_info& each : loop_.tasks()) {
      if (each.subsystem == "http_api")
        co_return response{.body = each.name + " on " + each.backend};
    }
    co_return response{.body = "nowhere"};
  };
  serve(spawned_in(api_, handle), {}, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    co_await peer.write(get_of("/1"));
    co_await peer.read_until("GET /1 on fiber");
    chosen_ = "coro";
    co_await peer.write(get_of("/2"));
    co_await peer.read_until("GET /2 on coro");
  });
  EXPECT_EQ(spawned("fiber"), 1U);
  EXPECT_EQ(spawned("coro"), 1U);
}

TEST_P(SubsystemServerTest, TargetingKeyMovesTheRequestsOfOneAccount) {
  moved_key_ = "alice";
  auto account = [](const request& r) {
    const std::string* given = r.headers.find("X-Account");
    return given != nullptr ? std::string_view(*given) : std::string_view();
  };
  auto handle = [](const request& r) -> task<response> { co_return response{.body = r.path}; };
  serve(spawned_in(api_, handle, account), {}, [&](server& server) -> task<> {
    client client(loop_);
    const call for_alice{.url = url_of(server), .headers = {{"X-Account", "alice"}}};
    const call for_bob{.url = url_of(server), .headers = {{"X-Account", "bob"}}};
    for (const call* each : {&for_alice, &for_bob, &for_alice}) {
      EXPECT_EQ((co_await client.send(*each)).status, 200U);
    }
    EXPECT_EQ((co_await client.get(url_of(server))).status, 200U);
  });
  EXPECT_EQ(spawned("coro"), 2U);
  EXPECT_EQ(spawned("fiber"), 2U);
}

class SwitchedServerTest : public SubsystemServerTest {
 protected:
  static task<std::unique_ptr<connections>> none_yet(backend&) {
    co_return std::make_unique<connections>();
  }
  // `body(server)` while a server runs whose connections are switched.
  template <class Body>
  void serve_switched(handler answer, Body&& body) {
    server_options options;
    options.sides = &sides_;
    serve(std::move(answer), options, [&](server& server) -> task<> {
      co_await sides_.open();
      co_await body(server);
    });
  }
  std::vector<std::string> backends_of_connections() {
    std::vector<std::string> on;
    for (const task_info& each : loop_.tasks()) {
      if (each.name == "http connection") on.push_back(each.backend);
    }
    return on;
  }

  duration patience_ = 1h;
  switched<connections> sides_{
      api_,
      {.prepare = none_yet,
       .drain = [this](connections& side) { return side.end_soon(patience_); }},
      {},
      {.on_event = [](const switch_event&) {}}};
};
INSTANTIATE_TEST_SUITE_P(Cells, SwitchedServerTest, cells(), cell_name);

TEST_P(SwitchedServerTest, ConnectionsOfTheOldSideEndWithTheirNextAnswer) {
  serve_switched(echo, [&](server& server) -> task<> {
    raw_peer first(loop_, server.port());
    co_await first.write(get_of("/1"));
    co_await first.read_until("GET /1 ");
    EXPECT_THAT(backends_of_connections(), ElementsAre("fiber"));
    chosen_ = "coro";
    co_await sides_.follow();
    raw_peer second(loop_, server.port());
    co_await second.write(get_of("/2"));
    co_await second.read_until("GET /2 ");
    EXPECT_THAT(backends_of_connections(), ElementsAre("fiber", "coro"));

    co_await first.write(get_of("/3"));
    const std::string last = co_await first.read_to_end();
    EXPECT_THAT(last, AllOf(HasSubstr("GET /3 "), HasSubstr("Connection: close")));
    co_await second.write(get_of("/4"));
    co_await second.read_until("GET /4 ");
    while (sides_.status().size() > 1) co_await sleep(1ms);
    EXPECT_EQ(sides_.status().front().backend, "coro");
  });
}

TEST_P(SwitchedServerTest, SilentConnectionsOfTheOldSideAreClosed) {
  patience_ = 1ms;
  serve_switched(echo, [&](server& server) -> task<> {
    raw_peer silent(loop_, server.port());
    co_await silent.write(get_of("/1"));
    co_await silent.read_until("GET /1 ");
    chosen_ = "coro";
    co_await sides_.follow();
    EXPECT_EQ(co_await silent.read_to_end(), "");
  });
}

TEST_P(SwitchedServerTest, ConnectionsGoOnIfTheirSideIsKept) {
  serve_switched(echo, [&](server& server) -> task<> {
    raw_peer peer(loop_, server.port());
    for (int i = 0; i < 3; ++i) {
      co_await peer.write(get_of("/a"));
      co_await peer.read_until("GET /a ");
      chosen_ = "coro";
      co_await sides_.follow();
      chosen_ = "fiber";
      co_await sides_.follow();
      co_await settle();
    }
  });
}

TEST_P(SubsystemServerTest, RequestIsGoneBeforeTheConnectionThatWasCut) {
  held_back held;
  bool saw_its_request = false;
  auto handle = [&](const request& r) -> task<response> {
    try {
      co_return co_await held();
    } catch (const cancelled&) {
      saw_its_request = r.path == "/slow";
      throw;
    }
  };
  server server(loop_, spawned_in(api_, handle));
  run([&](task_group& group) -> task<> {
    group.spawn([&]() -> task<> { co_await server.serve(); });
    raw_peer peer(loop_, server.port());
    co_await peer.write(get_of("/slow"));
    co_await held.begun.wait();
    EXPECT_EQ(co_await server.stop(1ms), 1U);
    EXPECT_TRUE(saw_its_request);
    EXPECT_EQ(live(), 0U);
  });
}

TEST_P(SubsystemServerTest, PassesOnWhatTheRequestsTaskThrows) {
  std::string told;
  server_options options;
  options.on_error = [&](const request&, const std::exception_ptr& e) { told = describe(e); };
  auto handle = [](const request&) -> task<response> {
    co_await checkpoint();
    throw std::runtime_error("of the task");
  };
  client client(loop_);
  serve(spawned_in(api_, handle), options, [&](server& server) -> task<> {
    EXPECT_EQ((co_await client.get(url_of(server))).status, 500U);
  });
  EXPECT_EQ(told, "of the task");
}

INSTANTIATE_TEST_SUITE_P(Hosts, ServerTest, cells(), cell_name);
INSTANTIATE_TEST_SUITE_P(Hosts, SubsystemServerTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade::http
