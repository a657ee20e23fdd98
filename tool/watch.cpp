#include "tool/watch.hpp"

#include "tool/differences.hpp"

#include "flags/difference.hpp"
#include "flags/file.hpp"

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace crossfade::tool {
namespace {

using json = nlohmann::ordered_json;

constexpr int event_signal = SIGUSR1;  // so that one wait is for events and for the end

/// Blocks the signals that `wait` gives.
class signals {
 public:
  signals() {
    ::sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, event_signal}) ::sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  int wait() const {
    int signal = 0;
    ::sigwait(&set_, &signal);
    return signal;
  }

 private:
  sigset_t set_;
};

/// What the thread that watches tells the one that prints.
class inbox {
 public:
  void put(const flags::file_event& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    ::kill(::getpid(), event_signal);
  }
  std::deque<flags::file_event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::deque<flags::file_event> events_;
};

void print_refusal(const common& options, const flags::file_event& event) {
  if (options.json) {
    std::cout << json{{"generation", event.generation}, {"refused", event.error->what()}}.dump()
              << std::endl;
  } else {
    std::cout << "refused, the flags stay as they were: " << event.error->what() << std::endl;
  }
}

void print_change(const common& options, const flags::file_event& event,
                  const flags::snapshot& before, const flags::snapshot& now) {
  const auto changes = flags::differences(before, now);
  if (options.json) {
    std::cout << json{{"generation", event.generation}, {"changes", to_array(changes)}}.dump()
              << std::endl;
    return;
  }
  std::cout << "generation " << event.generation << ", " << now.flags().size() << " flags\n";
  if (event.generation > 1) print(std::cout, changes);  // all of them are new with the first
  std::cout << std::flush;
}

}  // namespace

status watch(const common& options) {
  const signals signals;
  inbox inbox;
  const flags::file file(
      options.file,
      {.on_event = [&](const flags::file_event& event) { inbox.put(event); }, .must_load = false});
  auto shown = std::make_shared<const flags::snapshot>();
  while (signals.wait() == event_signal) {
    for (const flags::file_event& event : inbox.take()) {
      if (event.error) {
        print_refusal(options, event);
        continue;
      }
      auto now = file.current();
      print_change(options, event, *shown, *now);
      shown = std::move(now);
    }
  }
  return status::ok;
}

}  // namespace crossfade::tool
