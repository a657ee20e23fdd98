#pragma once

#include <source_location>

namespace crossfade::detail {

class task_state;

/// While it lives, no wait of the task that made it comes to pass: each throws `usage_error`.
/// Outside of tasks it does nothing. Bans of a task nest, and end in reverse order.
class switch_ban {
 public:
  switch_ban(const char* what, const std::source_location& site) noexcept;
  ~switch_ban();
  switch_ban(const switch_ban&) = delete;
  switch_ban& operator=(const switch_ban&) = delete;

  const char* what() const noexcept { return what_; }
  const std::source_location& site() const noexcept { return site_; }

 private:
  task_state* const task_;
  const switch_ban* const outer_;
  const char* const what_;
  const std::source_location site_;
};

}  // namespace crossfade::detail
