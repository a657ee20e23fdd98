#include "domain/trade_reader.hpp"

#include "domain/bad_text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace portfolio {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_symbol = 12;
constexpr std::size_t longest_note = 500;

constexpr std::string_view marks = "._:-";
constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
constexpr auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
constexpr auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };

template <class Predicate>
bool is_word(std::string_view text, std::size_t longest, Predicate allowed) {
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, allowed);
}

std::string name(std::string_view text) {
  const bool ok = is_word(text, longest_name, [](char c) {
    return is_digit(c) || is_capital(c) || is_small(c) || marks.find(c) != marks.npos;
  });
  if (!ok) throw bad_text(text, "1 to 64 letters, digits and . _ : -");
  return std::string(text);
}

std::string symbol(std::string_view text) {
  const bool ok =
      is_word(text, longest_symbol, [](char c) { return is_digit(c) || is_capital(c); });
  if (!ok) throw bad_text(text, "an asset: 1 to 12 capital letters and digits");
  return std::string(text);
}

decimal positive(std::string_view text) {
  const decimal value = decimal::parse(text);
  if (value <= decimal()) throw bad_text(text, "more than 0");
  return value;
}

decimal not_negative(std::string_view text) {
  const decimal value = decimal::parse(text);
  if (value < decimal()) throw bad_text(text, "0 or more");
  return value;
}

std::string nothing(std::string_view text) {
  if (!text.empty()) throw bad_text(text, "nothing for a deposit or withdrawal");
  return {};
}

std::string short_note(std::string_view text) {
  if (text.size() > longest_note) throw bad_text(text, "at most 500 bytes");
  return std::string(text);
}

// In the order of trade_reader::columns.
enum class column : std::size_t {
  id,
  time,
  location,
  kind,
  asset,
  amount,
  quote,
  cost,
  fee,
  fee_asset,
  note
};

std::size_t index(column c) { return static_cast<std::size_t>(c); }

// One record, its fields known by their columns.
class row {
 public:
  row(const std::vector<std::string>& fields, const trade_reader::places& places)
      : fields_(fields), places_(places) {}

  const std::string& operator[](column c) const { return fields_[places_[index(c)]]; }

  template <class Parse>
  auto read(column c, Parse parse) const {
    try {
      return parse((*this)[c]);
    } catch (const bad_text& error) {
      throw std::invalid_argument(std::string(trade_reader::columns[index(c)]) + ' ' +
                                  error.what());
    }
  }

 private:
  const std::vector<std::string>& fields_;
  const trade_reader::places& places_;
};

trade read_trade(const row& row) {
  trade t;
  t.id = row.read(column::id, name);
  t.time = row.read(column::time, parse_time);
  t.location = row.read(column::location, name);
  t.kind = row.read(column::kind, parse_trade_kind);
  t.asset = row.read(column::asset, symbol);
  t.amount = row.read(column::amount, positive);
  if (t.kind == trade_kind::buy || t.kind == trade_kind::sell) {
    t.quote = row.read(column::quote, symbol);
    t.cost = row.read(column::cost, positive);
    if (t.quote == t.asset) throw std::invalid_argument("asset and quote are both " + t.asset);
  } else {
    row.read(column::quote, nothing);
    row.read(column::cost, nothing);
  }
  const bool has_fee = !row[column::fee].empty() || !row[column::fee_asset].empty();
  if (has_fee) {
    t.fee = row.read(column::fee, not_negative);
    t.fee_asset = row.read(column::fee_asset, symbol);
  }
  t.note = row.read(column::note, short_note);
  return t;
}

trade_reader::places places_in(const std::vector<std::string>& header) {
  constexpr auto& columns = trade_reader::columns;
  const std::size_t nowhere = header.size();
  trade_reader::places places;
  places.fill(nowhere);
  for (std::size_t place = 0; place < header.size(); ++place) {
    const std::string& name = header[place];
    const auto known = std::ranges::find(columns, name);
    if (known == columns.end()) throw std::invalid_argument("\"" + name + "\" is no column");
    std::size_t& found = places[static_cast<std::size_t>(known - columns.begin())];
    if (found != nowhere) throw std::invalid_argument("column " + name + " is there twice");
    found = place;
  }
  const auto missing = std::ranges::find(places, nowhere);
  if (missing != places.end()) {
    const auto which = static_cast<std::size_t>(missing - places.begin());
    throw std::invalid_argument("column " + std::string(columns[which]) + " is missing");
  }
  return places;
}

bad_header header_error(std::size_t line, std::string_view reason) {
  std::string message = "line " + std::to_string(line) + ": ";
  message.append(reason).append("; expected a header with the columns ");
  for (const auto column : trade_reader::columns) {
    message.append(column).append(column == trade_reader::columns.back() ? "" : ",");
  }
  return bad_header(message);
}

}  // namespace

trade_reader::trade_reader(std::string_view csv) : csv_(csv) {
  const auto first = csv_.next();
  if (!first) throw header_error(1, "there is no text");
  if (const auto* rejected = std::get_if<rejection>(&*first)) {
    throw header_error(rejected->line, rejected->reason);
  }
  const auto& header = std::get<csv_record>(*first);
  try {
    places_ = places_in(header.fields);
  } catch (const std::invalid_argument& error) {
    throw header_error(header.line, error.what());
  }
}

std::optional<std::variant<trade, rejection>> trade_reader::next() {
  const auto next = csv_.next();
  if (!next) return std::nullopt;
  if (const auto* rejected = std::get_if<rejection>(&*next)) return *rejected;
  const auto& [line, fields] = std::get<csv_record>(*next);
  if (fields.size() != columns.size()) {
    return rejection{line, "has " + std::to_string(fields.size()) + " fields; expected " +
                               std::to_string(columns.size()) + ", as the header has"};
  }
  try {
    return read_trade(row(fields, places_));
  } catch (const std::invalid_argument& error) {
    return rejection{line, error.what()};
  }
}

}  // namespace portfolio
