#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::http {

/// A name with a value: of a header, of a query, of a path.
struct field {
  std::string name;
  std::string value;

  friend bool operator==(const field&, const field&) = default;
};

/// The header fields of a message, in their order; names compare without case.
///
/// Throws: `usage_error` for a name that is no token and for a value that would end its line: what
/// comes from outside cannot smuggle in a header.
class headers {
 public:
  headers() = default;
  headers(std::initializer_list<field> fields);

  /// Adds a field behind those of the same name.
  void add(std::string name, std::string value);
  /// Makes it the only field of its name.
  void set(std::string name, std::string value);
  void remove(std::string_view name) noexcept;

  /// The value of the first field of that name, null if there is none.
  const std::string* find(std::string_view name) const noexcept;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::vector<field> fields_;
};

/// A request as a server's handler gets it. Read whole: `body` is complete, and not chunked any
/// more.
struct request {
  std::string method;                 ///< as sent; methods are upper case
  std::string target;                 ///< as sent: the path, percent-encoded, and the query
  std::string path;                   ///< decoded, without the query
  std::vector<std::string> segments;  ///< decoded parts of the path: of "/a%2Fb/c", "a/b" and "c"
  std::vector<field> query;           ///< decoded, in their order; "+" is a space
  std::vector<field> parameters;      ///< what the router's pattern matched
  http::headers headers;
  std::string body;

  /// The segment that the pattern calls `{name}`. Throws: `usage_error` if it has none of that
  /// name.
  const std::string& parameter(std::string_view name) const;
  /// The value of the first `name=value` of the query, null if there is none.
  const std::string* query_value(std::string_view name) const noexcept;
};

/// What a handler answers, and a client gets. The sender sees to Content-Length,
/// Transfer-Encoding and Connection.
struct response {
  unsigned status = 200;
  http::headers headers = {};
  std::string body = {};
};

/// An answer of one line of plain text.
response plain_text(unsigned status, std::string_view line);

}  // namespace crossfade::http
