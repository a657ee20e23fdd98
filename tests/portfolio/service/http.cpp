#include "tests/portfolio/service/http.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace portfolio::blackbox {

namespace wire = boost::beast::http;

connection::connection(std::uint16_t port)
    : server_(boost::asio::ip::address_v4::loopback(), port) {
  socket_.connect(server_);
}

reply connection::send(const std::string& method, const std::string& target, std::string body,
                       const std::string& account) {
  wire::request<wire::string_body> request(wire::string_to_verb(method), target, 11);
  request.set(wire::field::host, "localhost");
  if (!account.empty()) request.set("X-Account", account);
  if (!body.empty()) request.set(wire::field::content_type, "text/csv");
  request.body() = std::move(body);
  request.prepare_payload();
  if (!socket_.is_open()) socket_.connect(server_);
  wire::write(socket_, request);

  boost::beast::flat_buffer buffer;
  wire::response<wire::string_body> response;
  wire::read(socket_, buffer, response);
  if (!response.keep_alive()) socket_.close();
  return {.status = response.result_int(),
          .type = std::string(response[wire::field::content_type]),
          .body = std::move(response.body())};
}

}  // namespace portfolio::blackbox
