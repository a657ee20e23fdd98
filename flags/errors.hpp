#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade::flags {

/// Why a flag file was refused: where, what is there, what was expected.
///
///     flags.json: /flags/prices/defaultVariant is "corro"; expected one of its variants: "fiber",
///     "coro"
class flag_error : public std::runtime_error {
 public:
  /// `pointer` is the JSON pointer of the culprit, empty for the document as a whole.
  flag_error(std::string file, std::string pointer, std::string_view message)
      : std::runtime_error(file + ": " + pointer + (pointer.empty() ? "" : " ") +
                           std::string(message)),
        file_(std::move(file)),
        pointer_(std::move(pointer)) {}

  const std::string& file() const noexcept { return file_; }
  const std::string& pointer() const noexcept { return pointer_; }

 private:
  std::string file_;
  std::string pointer_;
};

}  // namespace crossfade::flags
