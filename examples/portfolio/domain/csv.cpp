#include "domain/csv.hpp"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <stdexcept>
#include <utility>

namespace portfolio {
namespace {

class malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The length of the line end that this text begins with, if it does.
std::size_t line_end(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  return text.starts_with('\n') ? 1 : 0;
}

void check_characters(std::string_view text) {
  namespace utf = boost::locale::utf;
  for (auto next = text.begin(); next != text.end();) {
    const auto at = next;
    const utf::code_point c = utf::utf_traits<char>::decode(next, text.end());
    const bool is_utf8 = c != utf::illegal && c != utf::incomplete;
    const bool is_control = c < 0x20 || c == 0x7F;
    if (is_utf8 && (!is_control || c == '\t' || c == '\r' || c == '\n')) continue;
    throw malformed("byte " + std::to_string(at - text.begin() + 1) +
                    (is_utf8 ? " is a control character" : " is not UTF-8"));
  }
}

// The record that a text begins with.
class record_parser {
 public:
  explicit record_parser(std::string_view text)
      : text_(text.substr(0, csv_reader::longest_record)), is_cut_(text_.size() < text.size()) {}

  std::vector<std::string> fields() {
    std::vector<std::string> fields;
    do {
      fields.push_back(accept('"') ? quoted() : plain());
    } while (accept(','));
    const std::size_t end = line_end(rest());
    if (end == 0 && rest().empty() && is_cut_) throw malformed("is longer than " + limit());
    if (end == 0 && !rest().empty()) throw malformed("a field goes on after its closing quote");
    check_characters(text_.substr(0, at_));
    at_ += end;
    return fields;
  }

  // What was read, in bytes.
  std::size_t size() const { return at_; }

 private:
  static std::string limit() { return std::to_string(csv_reader::longest_record) + " bytes"; }

  std::string_view rest() const { return text_.substr(at_); }

  bool accept(char c) {
    const bool found = rest().starts_with(c);
    if (found) ++at_;
    return found;
  }

  std::string plain() {
    const std::string_view line = rest();
    std::size_t size = std::min(line.find_first_of(",\"\n"), line.size());
    if (line.substr(size).starts_with('"')) {
      throw malformed("there is a quote in a field that does not begin with one");
    }
    if (size > 0 && line_end(line.substr(size - 1)) == 2) --size;
    at_ += size;
    return std::string(line.substr(0, size));
  }

  // What follows an opening quote.
  std::string quoted() {
    std::string field;
    for (;;) {
      const std::size_t size = rest().find('"');
      if (size == std::string_view::npos) {
        throw malformed("a quote is not closed" + (is_cut_ ? " within " + limit() : ""));
      }
      field += rest().substr(0, size);
      at_ += size + 1;
      if (!accept('"')) return field;
      field += '"';  // a pair of them stands for one
    }
  }

  std::string_view text_;
  bool is_cut_;
  std::size_t at_ = 0;
};

}  // namespace

csv_reader::csv_reader(std::string_view text) : rest_(text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

std::optional<std::variant<csv_record, rejection>> csv_reader::next() {
  while (const std::size_t empty_line = line_end(rest_)) skip(empty_line);
  if (rest_.empty()) return std::nullopt;
  const std::size_t line = line_;
  record_parser parser(rest_);
  try {
    csv_record record{line, parser.fields()};
    skip(parser.size());
    return record;
  } catch (const malformed& error) {
    skip(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
    return rejection{line, error.what()};
  }
}

void csv_reader::skip(std::size_t bytes) {
  line_ += static_cast<std::size_t>(std::ranges::count(rest_.substr(0, bytes), '\n'));
  rest_.remove_prefix(bytes);
}

}  // namespace portfolio
