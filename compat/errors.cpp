#include "compat/errors.hpp"

#include <utility>

namespace crossfade {

namespace {

std::string list(const std::vector<std::exception_ptr>& failures) {
  std::string text = std::to_string(failures.size()) + " tasks of the group failed";
  const char* separator = ": ";
  for (const auto& failure : failures) {
    text += std::exchange(separator, "; ") + describe(failure);
  }
  return text;
}

}  // namespace

task_group_error::task_group_error(std::vector<std::exception_ptr> failures)
    : std::runtime_error(list(failures)), failures_(std::move(failures)) {}

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (const cancelled& c) {
    return "cancelled: " + c.reason();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace crossfade
