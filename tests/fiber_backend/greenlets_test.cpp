#include "tests/fiber_backend/gevent_test.hpp"

#include <string>
#include <vector>

namespace crossfade {
namespace {

using namespace test_kit;
namespace gevent = fiber_backend;

TEST_F(GeventTest, KilledGreenletThrowsItsExitWhereItsTypeCannotHoldIt) {
  run([&] {
    const auto g = gevent::spawn([] {
      await(gevent::sleep(1h));
      return 1;
    });
    await(gevent::sleep());
    await(g.kill());
    EXPECT_THROW(await(g.get()), gevent::greenlet_exit);
    EXPECT_TRUE(g.successful());
  });
}

TEST_F(GeventTest, ForgottenTypeIsCheckedWhenItIsAskedFor) {
  run([&] {
    const gevent::any_greenlet g = gevent::spawn([] { return 1; });
    EXPECT_EQ(await(gevent::greenlet<int>::of(g).get()), 1);
    EXPECT_THROW(gevent::greenlet<std::string>::of(g), usage_error);
  });
}

TEST_F(GeventTest, ManyGreenletsAreKilledWhereverTheyStand) {
  run([&] {
    gevent::event never;
    std::vector<gevent::raw_greenlet> all;
    int cleaned = 0;
    for (int i = 0; i < 100; ++i) {
      all.push_back(gevent::spawn([&, i] {
        try {
          if (i % 2 == 0) await(never.wait());
          for (;;) await(gevent::sleep());
        } catch (const gevent::greenlet_exit&) {
          ++cleaned;
          throw;
        }
      }));
    }
    await(gevent::sleep());
    await(gevent::killall(all));
    EXPECT_EQ(cleaned, 100);
    for (const auto& g : all) EXPECT_TRUE(g.dead());
  });
}

}  // namespace
}  // namespace crossfade
