#pragma once

#include "portfoliod/storage.hpp"

#include "compat/http/client.hpp"
#include "compat/subsystem.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace portfoliod {

/// The subsystem "http_client": asks an exchange what assets cost.
///
/// Threads: the loop's only. Lifetime: outlives its tasks.
class http_client {
 public:
  /// What prices are in.
  static constexpr std::string_view currency = "EUR";

  /// `exchange` is its address, as in `http://127.0.0.1:4401`; empty: there is none.
  http_client(crossfade::loop& loop, crossfade::subsystem& system, std::string exchange);

  const std::string& exchange() const noexcept { return exchange_; }

  /// What these assets cost now; those the exchange does not know are left out. Cancellation: ends
  /// the calls. Throws: the first failure.
  crossfade::task<quotes_by_asset> quotes(std::vector<std::string> assets);

 private:
  crossfade::task<quotes_by_asset> ask_for_all(const std::vector<std::string>& assets);
  crossfade::task<> ask(const std::string& asset, quotes_by_asset& found);

  const std::string exchange_;
  crossfade::http::client client_;
  crossfade::subsystem& system_;
};

}  // namespace portfoliod
