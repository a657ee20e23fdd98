#pragma once

#include "compat/clock.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace portfoliod {

/// What the command line says.
struct options {
  std::optional<std::uint16_t> port;  ///< 0: any that is free
  std::filesystem::path database;
  std::filesystem::path flags;  ///< empty: no flags, so every subsystem is on its default
  std::string simexch;          ///< an address; empty: nobody to ask for prices
  std::filesystem::path import;
  crossfade::duration periodic_interval = std::chrono::seconds(60);
  bool guardrails = true;
  bool once = false;
  bool demo = false;
};

/// Ends the program if it is to say its help or the command line is wrong.
options parse_options(int argc, char** argv);

}  // namespace portfoliod
