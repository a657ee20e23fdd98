#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "benchmarks/workloads/require.hpp"
#include "benchmarks/workloads/shipped_trades.hpp"
#include "benchmarks/workloads/topics.hpp"
#include "benchmarks/workloads/trade_store.hpp"
#include "compat/handle.hpp"
#include "compat/http/client.hpp"
#include "compat/http/server.hpp"
#include "compat/loop.hpp"
#include "compat/spawn.hpp"
#include "compat/subsystem.hpp"
#include "compat/task_group.hpp"
#include "fiber_backend/hub.hpp"
#include "portfoliod/guardrails.hpp"
#include "portfoliod/http_api.hpp"
#include "portfoliod/http_client.hpp"
#include "portfoliod/import.hpp"
#include "portfoliod/observer.hpp"
#include "portfoliod/root_times.hpp"
#include "portfoliod/stalls.hpp"
#include "portfoliod/tasks.hpp"

namespace crossfade::workloads {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t connections = 16;
constexpr std::size_t requests_of_each = 4;
constexpr std::size_t trades_kept = 200;

// The parts of the reference service that answer requests, all on one side, and a client of it.
//
// Lifetime: `stop` has ended before it goes, if `start` was called.
class portfolio_service {
 public:
  // Where a loop runs.
  explicit portfolio_service(backend& side) : store_(side), loop_(side.owner()) {}

  task<> start() {
    co_await store_.open();
    const std::string csv = marked_trades(first_trades(trades_kept), "");
    const portfoliod::import_report report = co_await import_csv(store_.database(), csv);
    require_equal("trades imported", report.counts.imported, trades_kept);
    serving_ = spawn({.name = "serve"}, [this] { return server_.serve(); });
  }

  task<> stop() {
    if (serving_) {
      co_await server_.stop(2s);
      co_await serving_.join();
    }
    co_await tasks_.stop();
    co_await store_.close();
  }

  // One that answers at once, and one that asks the database.
  task<> ask(std::size_t number) {
    static constexpr std::array paths{"/api/1/ping", "/api/1/balances"};
    const std::size_t which = number % paths.size();
    const http::call call{.url = address_ + paths[which]};
    http::response answer = co_await client_.send(call);
    std::string& expected = answers_[which];
    if (expected.empty()) expected = answer.body;
    if (answer.status != 200 || !answer.body.starts_with(R"({"message":"","result":)") ||
        answer.body != expected) {
      throw std::runtime_error(call.url + " is answered with " + std::to_string(answer.status) +
                               ' ' + answer.body);
    }
  }

 private:
  trade_store store_;
  loop& loop_;
  const portfoliod::guardrails no_guardrails_{{}};
  const portfoliod::root_times no_times_;
  subsystem tasks_system_{store_.runtime(), "tasks"};
  subsystem http_api_system_{store_.runtime(), "http_api"};
  subsystem http_client_system_{store_.runtime(), "http_client"};
  // Whoever is slow is measured, not reported.
  const portfoliod::stalls stalls_{loop_, 1h};
  portfoliod::http_client exchange_{loop_, http_client_system_, ""};
  portfoliod::tasks tasks_{tasks_system_};
  const portfoliod::observer observer_{
      loop_,     fiber_backend::get_hub().carrier(), nullptr, stalls_, no_guardrails_,
      no_times_, {{.system = store_.system()}}};
  portfoliod::http_api api_{http_api_system_, store_.database(), exchange_, tasks_, observer_};
  http::server server_{loop_, api_.handler()};
  const std::string address_ = "http://127.0.0.1:" + std::to_string(server_.port());
  http::client client_{loop_, {.max_connections_per_host = connections}};
  std::array<std::string, 2> answers_;  // the first of each
  handle<> serving_;
};

class http_requests final : public ab::workload {
 public:
  http_requests(backend& on, std::size_t clients) : on_(on), clients_(clients) {}

  task<> set_up() override {
    service_ = std::make_unique<portfolio_service>(on_);
    std::exception_ptr failure;
    try {
      co_await service_->start();
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure == nullptr) co_return;
    co_await tear_down();
    std::rethrow_exception(failure);
  }

  task<> operate(ab::caller /*by*/) override {
    std::size_t answered = 0;
    auto client = [&]() -> task<> {
      for (std::size_t n = 0; n < requests_of_each; ++n) {
        co_await service_->ask(n);
        ++answered;
      }
    };
    auto all = [&](task_group& group) {
      for (std::size_t n = 0; n < clients_; ++n) group.spawn(client);
    };
    co_await with_task_group(all);
    require_equal("requests answered", answered, clients_ * requests_of_each);
  }

  task<> tear_down() override {
    if (service_ == nullptr) co_return;
    co_await service_->stop();
    service_.reset();
  }

 private:
  backend& on_;
  const std::size_t clients_;
  std::unique_ptr<portfolio_service> service_;
};

}  // namespace

void add_http(ab::suite& to) {
  const auto add = [&](const char* name, const char* description, std::size_t clients) {
    to.add<http_requests>({.name = name,
                           .description = description,
                           .things = clients * requests_of_each,
                           .thing = "request"},
                          clients);
  };
  add("http_requests/small", "a client asks the reference service 4 times, over loopback", 1);
  add("http_requests/large", "16 clients ask the reference service 4 times each, over loopback",
      connections);
}

}  // namespace crossfade::workloads
