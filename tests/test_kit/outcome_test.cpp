#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "compat/errors.hpp"
#include "compat/sqlite/errors.hpp"
#include "compat/wait_graph.hpp"
#include "test_kit/loop_test.hpp"

namespace crossfade {
namespace {

using namespace test_kit;
using testing::StartsWith;

template <class Error>
std::string outcome_when_thrown(const Error& error) {
  return outcome(std::make_exception_ptr(error));
}

TEST(OutcomeTest, NamesEveryExceptionOfTheLibrary) {
  EXPECT_EQ(outcome_when_thrown(usage_error("why")), "usage_error: why");
  EXPECT_EQ(outcome_when_thrown(cancelled("why")), "cancelled: why");
  EXPECT_EQ(outcome_when_thrown(timeout_error("why")), "timeout_error: why");
  EXPECT_EQ(outcome_when_thrown(task_cancelled("why")), "task_cancelled: why");
  EXPECT_EQ(outcome_when_thrown(queue_closed("why")), "queue_closed: why");
  EXPECT_EQ(outcome_when_thrown(broken_barrier("why")), "broken_barrier: why");
  EXPECT_EQ(outcome_when_thrown(deadlock("why", wait_graph({}))), "deadlock: why");
  EXPECT_THAT(outcome_when_thrown(task_group_error({std::make_exception_ptr(usage_error("why"))})),
              StartsWith("task_group_error: 1 tasks"));
  EXPECT_EQ(outcome_when_thrown(sqlite::connection_closed("why")),
            "sqlite::connection_closed: why");
}

TEST(OutcomeTest, SaysOfAllOthersWhatTheySay) {
  struct own_error : timeout_error {
    using timeout_error::timeout_error;
  };
  EXPECT_EQ(outcome_when_thrown(std::runtime_error("why")), "exception: why");
  EXPECT_EQ(outcome_when_thrown(own_error("why")), "exception: why");
  EXPECT_EQ(outcome_when_thrown(7), "exception: an exception that is no std::exception");
}

}  // namespace
}  // namespace crossfade
