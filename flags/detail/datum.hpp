#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace crossfade::flags::detail {

enum class kind : unsigned char { null, boolean, number, text, list, object, failure };

struct member;

/// A JSON value as rules see it, or that there is none because the rule fails.
///
/// Lifetime: texts, lists and objects are views of memory that somebody else keeps.
class datum {
 public:
  constexpr datum() noexcept : number_(0) {}

  static constexpr datum boolean(bool value) noexcept {
    datum result;
    result.kind_ = kind::boolean;
    result.truth_ = value;
    return result;
  }
  static constexpr datum number(double value) noexcept {
    datum result;
    result.kind_ = kind::number;
    result.number_ = value;
    return result;
  }
  static constexpr datum text(std::string_view value) noexcept {
    datum result;
    result.kind_ = kind::text;
    result.size_ = value.size();
    result.text_ = value.data();
    return result;
  }
  static constexpr datum list(std::span<const datum> value) noexcept {
    datum result;
    result.kind_ = kind::list;
    result.size_ = value.size();
    result.items_ = value.data();
    return result;
  }
  static constexpr datum object(std::span<const member> value) noexcept;
  static constexpr datum failure() noexcept {
    datum result;
    result.kind_ = kind::failure;
    return result;
  }

  constexpr kind type() const noexcept { return kind_; }
  constexpr bool is(kind type) const noexcept { return kind_ == type; }

  // Each for a value of that kind alone.
  constexpr bool truth() const noexcept { return truth_; }
  constexpr double number() const noexcept { return number_; }
  constexpr std::string_view text() const noexcept { return {text_, size_}; }
  constexpr std::span<const datum> items() const noexcept { return {items_, size_}; }
  constexpr std::span<const member> members() const noexcept;

 private:
  kind kind_ = kind::null;
  std::size_t size_ = 0;
  union {
    bool truth_;
    double number_;
    const char* text_;
    const datum* items_;
    const member* members_;
  };
};

struct member {
  std::string_view name;
  datum value;
};

constexpr datum datum::object(std::span<const member> value) noexcept {
  datum result;
  result.kind_ = kind::object;
  result.size_ = value.size();
  result.members_ = value.data();
  return result;
}

constexpr std::span<const member> datum::members() const noexcept { return {members_, size_}; }

/// The value of the last member of that name, null if there is none.
datum find(std::span<const member> members, std::string_view name) noexcept;

}  // namespace crossfade::flags::detail
