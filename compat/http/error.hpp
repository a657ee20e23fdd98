#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace crossfade::http {

/// A client's call got no response; says where and why. A response is none of these, whatever its
/// status.
class error : public std::runtime_error {
 public:
  /// How far the call had come.
  enum class phase : std::uint8_t {
    url,      ///< the call itself is wrong; nothing was tried
    wait,     ///< for one of the connections that the host may have
    resolve,  ///< the host's name
    connect,
    send,
    receive,
  };
  enum class reason : std::uint8_t { failed, timed_out };

  error(std::string host, phase at, reason why, const std::string& text);

  /// "host:port", "host" if the port is 80, or the URL if it names none.
  const std::string& host() const noexcept { return host_; }
  phase at() const noexcept { return phase_; }
  bool timed_out() const noexcept { return reason_ == reason::timed_out; }

 private:
  std::string host_;
  phase phase_;
  reason reason_;
};

}  // namespace crossfade::http
