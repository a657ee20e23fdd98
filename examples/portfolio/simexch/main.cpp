#include "simexch/routes.hpp"

#include "compat/http/server.hpp"
#include "compat/loop.hpp"
#include "compat/signals.hpp"
#include "coro_backend/backend.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;
namespace chrono = std::chrono;
namespace xf = crossfade;

struct options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 4401;
  std::uint64_t seed = 1;
};

xf::task<> serve_until_signalled(xf::loop& loop, xf::http::server& server) {
  xf::signal_set signals(loop, {SIGINT, SIGTERM});
  auto serving =
      xf::spawn({.name = "serve"}, [&server]() -> xf::task<> { co_await server.serve(); });
  co_await signals.wait();
  co_await server.stop(2s);
  co_await serving.join();
}

void run(const options& chosen) {
  xf::loop loop;
  xf::coro_backend::backend coro(loop);
  const auto now = [] { return chrono::floor<chrono::seconds>(chrono::system_clock::now()); };
  xf::http::server server(loop, simexch::routes(simexch::market(chosen.seed), now),
                          {.address = chosen.address, .port = chosen.port});
  std::cout << "simexch serves http://" << chosen.address << ':' << server.port() << std::endl;
  loop.run(coro, [&]() -> xf::task<> { co_await serve_until_signalled(loop, server); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A simulated exchange: prices that depend on a seed and the time alone."};
  options chosen;
  app.add_option("--address", chosen.address, "Where to listen")->capture_default_str();
  app.add_option("--port", chosen.port, "0: any that is free")->capture_default_str();
  app.add_option("--seed", chosen.seed, "Another seed, other prices")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(chosen);
  } catch (const std::exception& error) {
    std::cerr << "simexch: " << error.what() << '\n';
    return 1;
  }
}
