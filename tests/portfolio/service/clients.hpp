#pragma once

#include "tests/portfolio/service/http.hpp"
#include "tests/portfolio/service/running_service.hpp"

#include <cstdint>
#include <deque>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace portfolio::blackbox {

/// The first line of a file of trades.
extern const std::string header;
/// The line of one deposit of 1.5.
std::string deposit(const std::string& id, const std::string& asset);

/// Imports trades of an asset of its own, for an account of its own, and after each import reads
/// what it holds.
class client {
 public:
  client(std::uint16_t port, char name) : connection_(port), asset_(std::string("OWN") + name) {}

  void run(const std::stop_token& stop);
  int imported() const noexcept { return imported_; }
  const std::string& asset() const noexcept { return asset_; }

 private:
  void import_and_read();

  connection connection_;
  std::string asset_;
  int imported_ = 0;
};

/// Three clients at work, each on a thread of its own.
class clients {
 public:
  explicit clients(running_service& service);

  /// Ends them and then the service. Nothing that they were told has happened is lost or there
  /// twice, and the log has no errors but those that begin with `expected`.
  void end_and_count(const std::string& expected = {});

 private:
  running_service& service_;
  std::deque<client> clients_;
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace portfolio::blackbox
