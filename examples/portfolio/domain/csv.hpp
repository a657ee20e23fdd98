#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portfolio {

/// A record that was not taken, and why.
struct rejection {
  std::size_t line;    ///< the one it begins on, counted from 1
  std::string reason;  ///< in plain words, UTF-8
  friend bool operator==(const rejection&, const rejection&) = default;
};

struct csv_record {
  std::size_t line;  ///< the one it begins on, counted from 1
  std::vector<std::string> fields;
};

/// Reads CSV record by record.
///
/// A record that is malformed does not spoil the others: reading goes on after its first line, so
/// that a quote that is never closed costs one line. Lifetime: the text outlives the reader.
/// Source: RFC 4180. Differs: lines may end in LF too, empty ones are skipped, and a byte order
/// mark is; the text is UTF-8 without control characters but tabs and line breaks.
class csv_reader {
 public:
  /// In bytes. It bounds what an unclosed quote can cost.
  static constexpr std::size_t longest_record = 4096;

  explicit csv_reader(std::string_view text);
  /// The next record; none at the end.
  std::optional<std::variant<csv_record, rejection>> next();

 private:
  void skip(std::size_t bytes);

  std::string_view rest_;
  std::size_t line_ = 1;
};

}  // namespace portfolio
