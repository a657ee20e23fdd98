#pragma once

#include "compat/sqlite/detail/executor.hpp"
#include "compat/sqlite/detail/handle.hpp"

namespace crossfade::sqlite {

/// For a handle that a test calls without a connection: lets all go on.
class never_stops final : public detail::executor {
 public:
  never_stops() : executor(0, false) {}
  task<> run(detail::work&) override { co_return; }
  bool tick() noexcept override { return true; }
  bool pause(duration) noexcept override { return false; }
};

}  // namespace crossfade::sqlite
