#include "test_kit/loop_test.hpp"

namespace crossfade::test_kit {

task<> settle() {
  const detail::scheduler& sched = *detail::this_scheduler;
  do {
    co_await checkpoint();
  } while (!sched.ready.empty());
}

std::string outcome(const std::exception_ptr& error) {
  const char* kind = "exception";
  try {
    std::rethrow_exception(error);
  } catch (const cancelled&) {
    return describe(error);  // says so itself
  } catch (const timeout_error&) {
    kind = "timeout_error";
  } catch (const task_cancelled&) {
    kind = "task_cancelled";
  } catch (const queue_closed&) {
    kind = "queue_closed";
  } catch (const usage_error&) {
    kind = "usage_error";
  } catch (const deadlock&) {
    kind = "deadlock";
  } catch (const task_group_error&) {
    kind = "task_group_error";
  } catch (...) {
  }
  return std::string(kind) + ": " + describe(error);
}

loop_fixture::loop_fixture(loop_options options)
    : loop_(reporting_to(reports_, std::move(options))), backends_(loop_) {}

loop_options loop_fixture::reporting_to(std::vector<std::string>& reports, loop_options options) {
  options.on_error = [&](const task_report& what) { reports.push_back(what.message()); };
  return options;
}

loop_fixture::~loop_fixture() {
  EXPECT_THAT(reports_, testing::IsEmpty()) << "what the loop reported and nobody expected";
}

}  // namespace crossfade::test_kit
