#include "compat/http/message.hpp"

#include "compat/errors.hpp"
#include "compat/http/detail/syntax.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossfade::http {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(HeadersTest, FindsNamesWithoutCaseAndTheFirstOfSeveral) {
  headers h{{"Content-Type", "text/plain"}, {"X-A", "1"}};
  h.add("x-a", "2");
  ASSERT_NE(h.find("content-TYPE"), nullptr);
  EXPECT_EQ(*h.find("content-TYPE"), "text/plain");
  EXPECT_EQ(*h.find("X-a"), "1");
  EXPECT_EQ(h.find("X"), nullptr);
}

TEST(HeadersTest, SetReplacesAllOfItsName) {
  headers h{{"X-A", "1"}, {"Other", "o"}, {"x-a", "2"}};
  h.set("X-A", "3");
  EXPECT_THAT(std::vector(h.begin(), h.end()), ElementsAre(field{"Other", "o"}, field{"X-A", "3"}));
}

TEST(HeadersTest, RefusesWhatWouldBeAnotherHeader) {
  headers h;
  EXPECT_THROW(h.add("X", "a\r\nSet-Cookie: b"), usage_error);
  EXPECT_THROW(h.add("X", "a\nb"), usage_error);
  EXPECT_THROW(h.add("X", "a\0b"s), usage_error);
  EXPECT_THROW(h.add("X: y\r\nZ", "a"), usage_error);
  EXPECT_THROW(h.add("", "a"), usage_error);
  EXPECT_EQ(h.size(), 0U);
}

std::optional<request> parsed(const std::string& target) {
  request r;
  r.target = target;
  if (!detail::parse_target(r)) return std::nullopt;
  return r;
}

TEST(TargetTest, SplitsBeforeItDecodes) {
  const auto r = parsed("/a%2Fb/c%20d?x=1%262&y=a+b&flag&x=3");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->path, "/a/b/c d");
  EXPECT_THAT(r->segments, ElementsAre("a/b", "c d"));
  EXPECT_THAT(r->query, ElementsAre(field{"x", "1&2"}, field{"y", "a b"}, field{"flag", ""},
                                    field{"x", "3"}));
  EXPECT_EQ(*r->query_value("x"), "1&2");
  EXPECT_EQ(r->query_value("X"), nullptr);
}

TEST(TargetTest, TellsPathsApartByTheirSlashes) {
  EXPECT_THAT(parsed("/")->segments, IsEmpty());
  EXPECT_THAT(parsed("/a")->segments, ElementsAre("a"));
  EXPECT_THAT(parsed("/a/")->segments, ElementsAre("a", ""));
  EXPECT_THAT(parsed("//a")->segments, ElementsAre("", "a"));
}

TEST(TargetTest, TakesTheAbsoluteFormThatProxiesSend) {
  const auto r = parsed("http://host:80/a?b=c");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->path, "/a");
  EXPECT_EQ(*r->query_value("b"), "c");
}

TEST(TargetTest, RefusesWhatIsNoPath) {
  for (const char* bad :
       {"", "a", "*", "host:443", "/%", "/%2", "/%zz", "/a b", "/a#b", "/?a=%g"}) {
    EXPECT_FALSE(parsed(bad)) << bad;
  }
}

TEST(UrlTest, NamesHostPortAndTarget) {
  const auto plain = detail::parse_url("http://example.org");
  EXPECT_EQ(plain.host, "example.org");
  EXPECT_EQ(plain.port, 80);
  EXPECT_EQ(plain.authority, "example.org");
  EXPECT_EQ(plain.target, "/");

  const auto full = detail::parse_url("http://[::1]:8080/a%20b?c=d%26#part");
  EXPECT_EQ(full.host, "::1");
  EXPECT_EQ(full.port, 8080);
  EXPECT_EQ(full.authority, "[::1]:8080");
  EXPECT_EQ(full.target, "/a%20b?c=d%26");
}

TEST(UrlTest, SaysWhatIsWrong) {
  const auto complaint = [](const char* url) -> std::string {
    try {
      detail::parse_url(url);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(complaint("https://host/"), "https is not supported; expected http://");
  EXPECT_EQ(complaint("ftp://host/"), "expected http://host[:port]/path");
  EXPECT_EQ(complaint("http:///path"), "expected http://host[:port]/path");
  EXPECT_EQ(complaint("http://host:99999/"), "port 99999; expected 1 to 65535");
  EXPECT_THAT(complaint("host/path"), testing::StartsWith("no URL: "));
  EXPECT_THAT(complaint("http://host/a b"), testing::StartsWith("no URL: "));
}

}  // namespace
}  // namespace crossfade::http
