#pragma once

#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

namespace crossfade::ab::detail {

/// Adds an option whose text `parse` gives a meaning; the `std::invalid_argument` that it throws is
/// told as the option's error.
template <class Parse>
CLI::Option* add_parsed(CLI::App& to, const std::string& name, const std::string& description,
                        Parse parse) {
  return to.add_option_function<std::string>(
      name,
      [name, parse](const std::string& text) {
        try {
          parse(text);
        } catch (const std::invalid_argument& error) {
          throw CLI::ValidationError(name, error.what());
        }
      },
      description);
}

}  // namespace crossfade::ab::detail
