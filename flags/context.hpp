#pragma once

#include "flags/detail/datum.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace crossfade::flags {

/// A name and what it stands for: a truth, a number or a text. Lifetime: refers to its texts.
class attribute {
 public:
  template <class T>
    requires std::is_arithmetic_v<T> && (!std::same_as<T, bool>)
  attribute(std::string_view name, T value)
      : member_{name, detail::datum::number(static_cast<double>(value))} {}
  attribute(std::string_view name, std::same_as<bool> auto value)
      : member_{name, detail::datum::boolean(value)} {}
  attribute(std::string_view name, std::string_view value)
      : member_{name, detail::datum::text(value)} {}

 private:
  friend class context;
  detail::member member_;
};

/// Whom or what a flag is evaluated for: rules see it as a JSON object.
///
///     flags.string("prices", "fiber", {"user-42", {{"tier", "gold"}, {"age", 42}}})
///
/// Copies no text; allocates nothing unless it has more than seven attributes.
/// Lifetime: refers to the texts it was given, so it is best made where it is passed.
/// Source: OpenFeature's evaluation context.
class context {
 public:
  /// Has neither a targeting key nor attributes.
  context() noexcept {}
  /// `targeting_key` is what percentages go by: the stable key of a user, an account, a request. An
  /// empty one is none.
  context(std::string_view targeting_key, std::initializer_list<attribute> attributes);
  // NOLINTNEXTLINE(google-explicit-constructor): a key alone is the usual context
  context(const std::convertible_to<std::string_view> auto& targeting_key) {
    set_key(targeting_key);
  }

  /// Reads a JSON object, of which `targetingKey` is an ordinary member, and keeps what it says.
  /// Throws: `flag_error` if it is none.
  static context parse(std::string_view json);

  /// Evaluates at this time, which rules see as `$flagd.timestamp`, instead of now.
  context& at(std::chrono::sys_seconds now) noexcept {
    now_ = now;
    return *this;
  }

  /// For evaluation.
  std::span<const detail::member> members() const noexcept;
  std::optional<std::chrono::sys_seconds> now() const noexcept { return now_; }

 private:
  class owned;

  void set_key(std::string_view key) noexcept {
    if (key.empty()) return;
    std::construct_at(&few_[count_++], detail::member{"targetingKey", detail::datum::text(key)});
  }

  static constexpr std::size_t capacity = 8;

  std::optional<std::chrono::sys_seconds> now_;
  std::size_t count_ = 0;
  union {
    detail::member few_[capacity];  // the first `count_` are there
  };
  std::shared_ptr<const owned> owned_;  // instead; shared by copies, never changed
};

}  // namespace crossfade::flags
