#pragma once

#include "tests/portfolio/service/child.hpp"
#include "tests/portfolio/service/folder.hpp"
#include "tests/portfolio/service/http.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace portfolio::blackbox {

inline constexpr std::array<std::string_view, 5> subsystems{"database", "tasks", "http_api",
                                                            "periodic", "http_client"};

/// The backend of each subsystem.
using backends = std::map<std::string, std::string, std::less<>>;
backends all_on(const std::string& backend);

/// A flag file that says so.
std::string flag_file(const backends& wanted);

/// How often a test changes flags: as the build says, or as the environment variable
/// CROSSFADE_FLIPS does, for who wants to look for longer.
int flips(int usual);

void write_file(const std::filesystem::path& path, const std::string& content);
std::string read_file(const std::filesystem::path& path);
/// A file of the example's data.
std::string shipped(const std::string& name);

/// simexch and portfoliod as processes, in a folder of their own, on ports that were free.
class running_service {
 public:
  explicit running_service(const backends& wanted);
  ~running_service();

  std::uint16_t port() const noexcept { return port_; }
  const std::filesystem::path& flags() const noexcept { return flags_; }
  const std::filesystem::path& database() const noexcept { return database_; }
  child& process() noexcept { return service_; }

  /// The result of a GET that succeeds.
  nlohmann::json get(const std::string& target);
  /// The number of the task that asks instead.
  std::string ask_later(const std::string& method, const std::string& target,
                        const std::string& body = {});

  /// Whether a task of that name runs.
  bool has_task(const std::string& name);

  /// Waits until the service has looked at the flag file as it is now.
  void await_backends(const backends& wanted);
  void await_log(const std::string& text);

  connection client() const { return connection(port_); }

 private:
  const folder folder_;
  const std::filesystem::path flags_ = folder_.path() / "flags.json";
  const std::filesystem::path database_ = folder_.path() / "portfolio.db";
  child exchange_;
  child service_;
  std::uint16_t port_;
};

}  // namespace portfolio::blackbox
