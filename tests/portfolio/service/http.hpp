#pragma once

#include <nlohmann/json.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace portfolio::blackbox {

struct reply {
  unsigned status = 0;
  std::string type;
  std::string body;

  /// Of the envelope that the body is.
  nlohmann::json result() const { return nlohmann::json::parse(body).at("result"); }
  std::string message() const { return nlohmann::json::parse(body).at("message"); }
};

/// A connection to a server on this machine, kept open for all requests until the server ends it
/// with an answer; then there is a new one. It has nothing in common with the client under test.
class connection {
 public:
  explicit connection(std::uint16_t port);

  /// For that account, unless it is empty.
  reply get(const std::string& target, const std::string& account = {}) {
    return send("GET", target, {}, account);
  }
  reply post(const std::string& target, std::string body, const std::string& account = {}) {
    return send("POST", target, std::move(body), account);
  }
  reply remove(const std::string& target) { return send("DELETE", target, {}); }
  reply send(const std::string& method, const std::string& target, std::string body,
             const std::string& account = {});

 private:
  boost::asio::ip::tcp::endpoint server_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
};

}  // namespace portfolio::blackbox
