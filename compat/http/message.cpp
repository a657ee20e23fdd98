#include "compat/http/message.hpp"

#include "compat/http/detail/syntax.hpp"

#include "compat/errors.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace crossfade::http {

namespace {

const std::string* find_exactly(const std::vector<field>& fields, std::string_view name) noexcept {
  const auto found = std::ranges::find(fields, name, &field::name);
  return found == fields.end() ? nullptr : &found->value;
}

}  // namespace

headers::headers(std::initializer_list<field> fields) {
  for (const field& f : fields) add(f.name, f.value);
}

void headers::add(std::string name, std::string value) {
  if (!detail::is_token(name)) {
    throw usage_error("header name '" + name + "': expected a token, such as Content-Type");
  }
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  if (std::ranges::any_of(value, ends_line)) {
    throw usage_error("header " + name + ": the value has a line break or a null in it");
  }
  constexpr std::size_t usual = 8;
  if (fields_.capacity() == 0) fields_.reserve(usual);
  fields_.push_back({std::move(name), std::move(value)});
}

void headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void headers::remove(std::string_view name) noexcept {
  std::erase_if(fields_, [&](const field& f) { return detail::same_name(f.name, name); });
}

const std::string* headers::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(
      fields_, [&](const field& f) { return detail::same_name(f.name, name); });
  return found == fields_.end() ? nullptr : &found->value;
}

const std::string& request::parameter(std::string_view name) const {
  const std::string* value = find_exactly(parameters, name);
  if (value == nullptr) {
    throw usage_error("request " + path + ": its route has no parameter {" + std::string(name) +
                      "}");
  }
  return *value;
}

const std::string* request::query_value(std::string_view name) const noexcept {
  return find_exactly(query, name);
}

response plain_text(unsigned status, std::string_view line) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::string(line) + '\n'};
}

}  // namespace crossfade::http
