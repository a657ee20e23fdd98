#include "portfoliod/periodic.hpp"

#include "portfoliod/database.hpp"
#include "portfoliod/http_client.hpp"

#include "compat/sleep.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace portfoliod {

namespace xf = crossfade;
using xf::task;

task<> periodic::run() {
  for (;;) {
    try {
      auto round = system_.spawn({.name = "refresh quotes"}, [this] { return refresh_quotes(); });
      co_await round.join();
    } catch (const std::exception& error) {
      spdlog::warn("periodic: no new quotes: {}", error.what());
    }
    co_await xf::sleep(interval_);
  }
}

task<> periodic::refresh_quotes() {
  std::vector<std::string> assets;
  for (const auto& [asset, amount] : co_await database_.held()) assets.push_back(asset);
  if (assets.empty()) co_return;
  co_await database_.set_quotes(co_await client_.quotes(std::move(assets)));
}

}  // namespace portfoliod
