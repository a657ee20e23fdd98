#include "test_kit/loop_test.hpp"

#include <string_view>
#include <typeinfo>

#include "compat/detail/demangled.hpp"

namespace crossfade::test_kit {

task<> settle() {
  const detail::scheduler& sched = *detail::this_scheduler;
  do {
    co_await checkpoint();
  } while (!sched.ready.empty());
}

std::string outcome(const std::exception_ptr& error) {
  constexpr std::string_view ours = "crossfade::";
  std::string kind;
  try {
    std::rethrow_exception(error);
  } catch (const cancelled&) {
    return describe(error);  // says so itself
  } catch (const std::exception& e) {
    kind = detail::demangled(typeid(e).name());
  } catch (...) {
  }
  const bool has_name = kind.starts_with(ours) && kind.find('(') == std::string::npos;
  return (has_name ? kind.substr(ours.size()) : "exception") + ": " + describe(error);
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
