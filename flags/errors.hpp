#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade::flags {

/// Why a flag file was refused: where, what is there, what was expected.
///
///     flags.json: /flags/prices/defaultVariant is "corro"; expected one of its variants: "fiber",
///     "coro"
///
/// Copies share their text, on any thread.
class flag_error : public std::exception {
 public:
  /// `pointer` is the JSON pointer of the culprit, empty for the document as a whole.
  flag_error(std::string file, std::string pointer, std::string_view message) {
    std::string what = file + ": " + pointer + (pointer.empty() ? "" : " ") + std::string(message);
    text_ = std::make_shared<const text>(
        text{std::move(file), std::move(pointer), std::string(message), std::move(what)});
  }

  const char* what() const noexcept override { return text_->what.c_str(); }
  const std::string& file() const noexcept { return text_->file; }
  const std::string& pointer() const noexcept { return text_->pointer; }
  /// What is there, and what was expected.
  const std::string& message() const noexcept { return text_->message; }

 private:
  struct text {
    std::string file;
    std::string pointer;
    std::string message;
    std::string what;
  };
  std::shared_ptr<const text> text_;
};

}  // namespace crossfade::flags
