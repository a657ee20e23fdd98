#pragma once

#include <memory>
#include <string_view>

#include "compat/sqlite/detail/executor.hpp"

namespace crossfade::sqlite {

/// How a connection runs its statements without keeping the loop from other tasks:
/// `fiber_backend::sqlite_driver` or `coro_backend::sqlite_driver`.
///
/// Either serves tasks of both backends, in both texts. Lifetime: may go once its connections have
/// been opened.
class driver {
 public:
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;
  virtual ~driver() = default;

  /// That of the backend it is made for, for who chooses by a flag: "fiber", "coro".
  std::string_view name() const noexcept { return name_; }
  /// For `open`.
  virtual std::unique_ptr<detail::executor> make_executor() const = 0;

 protected:
  explicit driver(std::string_view name) noexcept : name_(name) {}

 private:
  std::string_view name_;
};

}  // namespace crossfade::sqlite
