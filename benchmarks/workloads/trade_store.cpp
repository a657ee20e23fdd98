#include "benchmarks/workloads/trade_store.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace crossfade::workloads {

quiet_log::quiet_log() : before_(spdlog::default_logger()) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  auto quiet = std::make_shared<spdlog::logger>("reference service", std::move(sink));
  quiet->set_level(spdlog::level::warn);
  spdlog::set_default_logger(std::move(quiet));
}

quiet_log::~quiet_log() { spdlog::set_default_logger(before_); }

task<> trade_store::open() {
  co_await database_.open();
  is_open_ = true;
}

task<> trade_store::close() {
  if (!is_open_) co_return;
  is_open_ = false;
  co_await database_.close();
}

}  // namespace crossfade::workloads
