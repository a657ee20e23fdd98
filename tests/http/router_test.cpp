#include "compat/http/router.hpp"

#include "test_kit/loop_test.hpp"

#include "compat/http/detail/syntax.hpp"

#include <string>
#include <utility>

namespace crossfade::http {
namespace {

using namespace test_kit;

class RouterTest : public cell_test {
 protected:
  /// The answer as "status body"; a route answers with its own name and the parameter `id`.
  std::string ask(std::string method, std::string target) {
    std::string said;
    run([&]() -> task<> {
      request r;
      r.method = std::move(method);
      r.target = std::move(target);
      detail::parse_target(r);
      last_ = co_await router_(r);
      said = std::to_string(last_.status) + ' ' + last_.body;
    });
    return said;
  }

  static handler named(std::string name) {
    return [name](const request& r) {
      return response{.body = r.parameters.empty() ? name : name + ' ' + r.parameter("id")};
    };
  }

  router router_;
  response last_;
};

TEST_P(RouterTest, TakesLiteralsAndParameters) {
  router_.on("GET", "/", named("root"))
      .on("GET", "/tasks", named("tasks"))
      .on("GET", "/tasks/{id}", named("task"))
      .on("DELETE", "/tasks/{id}", named("delete"));
  EXPECT_EQ(ask("GET", "/"), "200 root");
  EXPECT_EQ(ask("GET", "/tasks?a=b"), "200 tasks");
  EXPECT_EQ(ask("GET", "/tasks/7"), "200 task 7");
  EXPECT_EQ(ask("GET", "/tasks/a%2Fb"), "200 task a/b");
  EXPECT_EQ(ask("DELETE", "/tasks/7"), "200 delete 7");
}

TEST_P(RouterTest, PrefersLiteralsWhateverTheOrderOfRoutes) {
  router_.on("GET", "/{id}/last", named("parameter first"))
      .on("GET", "/tasks/{id}", named("literal first"))
      .on("GET", "/tasks/last", named("literal"));
  EXPECT_EQ(ask("GET", "/tasks/last"), "200 literal");
  EXPECT_EQ(ask("GET", "/tasks/7"), "200 literal first 7");
  EXPECT_EQ(ask("GET", "/others/last"), "200 parameter first others");
}

TEST_P(RouterTest, SaysNotFoundForAnUnknownPath) {
  router_.on("GET", "/tasks/{id}", named("task"));
  for (const char* path :
       {"/", "/tasks", "/tasks/", "/tasks/7/", "/tasks/7/8", "//tasks/7", "/TASKS/7"}) {
    EXPECT_EQ(ask("GET", path), "404 Not Found\n") << path;
  }
}

TEST_P(RouterTest, SaysWhichMethodsAKnownPathAllows) {
  router_.on("GET", "/tasks/{id}", named("get")).on("DELETE", "/tasks/{any}", named("delete"));
  EXPECT_EQ(ask("POST", "/tasks/7"), "405 Method Not Allowed\n");
  ASSERT_NE(last_.headers.find("Allow"), nullptr);
  EXPECT_EQ(*last_.headers.find("Allow"), "DELETE, GET, HEAD");
}

TEST_P(RouterTest, AnswersHeadWithGetsHandlerUnlessItHasItsOwn) {
  router_.on("GET", "/a", named("get"));
  EXPECT_EQ(ask("HEAD", "/a"), "200 get");
  router_.on("HEAD", "/a", named("head"));
  EXPECT_EQ(ask("HEAD", "/a"), "200 head");
}

TEST_P(RouterTest, RefusesARouteThatIsNone) {
  router_.on("GET", "/a/{id}", named("a"));
  EXPECT_THROW(router_.on("GET", "/a/{other}", named("b")), usage_error);
  EXPECT_THROW(router_.on("GET", "a", named("b")), usage_error);
  EXPECT_THROW(router_.on("GET", "/x{id}", named("b")), usage_error);
  EXPECT_THROW(router_.on("GET", "/{}", named("b")), usage_error);
}

TEST_P(RouterTest, PassesCoroutineText) {
  router_.on("GET", "/{id}", [](const request& r) -> task<response> {
    co_await checkpoint();
    co_return plain_text(202, r.parameter("id"));
  });
  EXPECT_EQ(ask("GET", "/x"), "202 x\n");
}

INSTANTIATE_TEST_SUITE_P(Hosts, RouterTest, cells(), cell_name);

}  // namespace
}  // namespace crossfade::http
