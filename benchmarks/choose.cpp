#include "questions.hpp"

#include "compat/loop.hpp"
#include "compat/runtime.hpp"
#include "compat/subsystem.hpp"
#include "coro_backend/backend.hpp"
#include "fiber_backend/backend.hpp"
#include "flags/detail/murmur3.hpp"
#include "flags/detail/published.hpp"
#include "flags/reader.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

// One operation: a flag is asked which backend the next root task of a subsystem is to have; for
// one account after the other where that is a matter of percentage.
//
// The limit is what nobody gets around who looks a flag up by name and may have it changed by
// another thread: a look into a hash table, behind an atomic load; and a hash of the account, where
// there is a percentage. In "beside another", a second thread asks the same flag all the while.

namespace crossfade::benchmarks {
namespace {

constexpr std::size_t accounts = 1024;

std::string flag_named(const std::string& name, const std::string& targeting) {
  return '"' + name + R"(": {"state": "ENABLED", "defaultVariant": "fiber", )" + targeting +
         R"("variants": {"fiber": "fiber", "coro": "coro"}})";
}

/// As many flags as the reference service has; one of them goes by percentage.
std::string document() {
  std::string text = R"({"flags": {)";
  for (const char* name : {"database", "tasks", "periodic", "http_client", "prices"}) {
    text += flag_named(name, "") + ',';
  }
  return text +
         flag_named("http_api", R"("targeting": {"fractional": [["coro", 10], ["fiber", 90]]}, )") +
         "}}";
}

std::shared_ptr<flags::detail::published> published() {
  auto source = std::make_shared<flags::detail::published>();
  source->current =
      std::make_shared<const flags::snapshot>(flags::snapshot::parse(document(), "flags.json"));
  source->generation = 1;
  return source;
}

std::vector<std::string> account_names() {
  std::vector<std::string> names;
  for (std::size_t n = 0; n < accounts; ++n) names.push_back("account-" + std::to_string(n));
  return names;
}

/// What the flag of a subsystem is asked for: with an account, or with none.
class question {
 public:
  explicit question(bool by_percentage) : by_percentage_(by_percentage) {}

  std::string_view subsystem() const { return by_percentage_ ? "http_api" : "prices"; }
  std::string_view account(std::size_t n) const {
    return by_percentage_ ? std::string_view(names_[n % accounts]) : std::string_view();
  }

 private:
  bool by_percentage_;
  std::vector<std::string> names_ = account_names();
};

/// Asks the flag without anything of ours around it.
class limit {
 public:
  static constexpr std::string_view name = "limit";

  limit(const question& asked, const std::shared_ptr<flags::detail::published>& source)
      : asked_(asked), source_(source) {
    for (const char* key : {"database", "tasks", "periodic", "http_client", "prices", "http_api"}) {
      backends_.emplace(key, "fiber");
    }
  }
  std::string_view choose(std::size_t n) {
    benchmark::DoNotOptimize(source_->generation.load(std::memory_order_acquire));
    const std::string_view account = asked_.account(n);
    if (!account.empty()) benchmark::DoNotOptimize(flags::detail::murmur3(account));
    return backends_.find(asked_.subsystem())->second;
  }

 private:
  const question& asked_;
  std::shared_ptr<flags::detail::published> source_;
  std::unordered_map<std::string_view, std::string_view> backends_;
};

class chooser {
 public:
  static constexpr std::string_view name = "flags_chooser";

  chooser(const question& asked, const std::shared_ptr<flags::detail::published>& source)
      : asked_(asked), chooser_(flags::reader(source)) {}
  std::string_view choose(std::size_t n) { return chooser_(asked_.subsystem(), asked_.account(n)); }

 private:
  const question& asked_;
  flags::chooser chooser_;
};

class chosen {
 public:
  static constexpr std::string_view name = "subsystem";

  chosen(const question& asked, const std::shared_ptr<flags::detail::published>& source)
      : asked_(asked),
        runtime_(loop_, {fiber_, coro_}, flags::chooser(flags::reader(source))),
        subsystem_(runtime_, std::string(asked.subsystem())) {}
  std::string_view choose(std::size_t n) { return subsystem_.chosen(asked_.account(n)).name(); }

 private:
  const question& asked_;
  loop loop_;
  fiber_backend::backend fiber_{loop_};
  coro_backend::backend coro_{loop_};
  runtime runtime_;
  subsystem subsystem_;
};

template <class Who>
tally choose(const question& asked, const std::shared_ptr<flags::detail::published>& source,
             std::size_t operations) {
  Who who(asked, source);
  tally result;
  result.start();
  for (std::size_t n = 0; n < operations; ++n) {
    benchmark::DoNotOptimize(who.choose(n));
    result.count();
  }
  result.stop();
  return result;
}

template <class Who>
tally choose_alone(bool by_percentage, std::size_t operations) {
  return choose<Who>(question(by_percentage), published(), operations);
}

template <class Who>
tally choose_beside_another(bool by_percentage, std::size_t operations) {
  const question asked(by_percentage);
  const auto source = published();
  std::atomic<bool> begun = false;
  const std::jthread other([&](const std::stop_token& stop) {
    Who who(asked, source);
    for (std::size_t n = 0; !stop.stop_requested(); ++n) {
      benchmark::DoNotOptimize(who.choose(n));
      if (n == 0) begun = true;
    }
  });
  while (!begun) std::this_thread::yield();
  return choose<Who>(asked, source, operations);
}

template <class Who>
void add_row(suite& rows, enum part part, bool by_percentage, bool beside_another) {
  const std::string what = by_percentage ? "choose/fractional" : "choose/static";
  const implementation who{Who::name, part, stack::either};
  if (beside_another) {
    rows.add(what + "_beside_another", who,
             [=](std::size_t n) { return choose_beside_another<Who>(by_percentage, n); });
  } else {
    rows.add(what, who, [=](std::size_t n) { return choose_alone<Who>(by_percentage, n); });
  }
}

}  // namespace

void add_choose_rows(suite& rows) {
  for (const bool by_percentage : {false, true}) {
    for (const bool beside_another : {false, true}) {
      add_row<limit>(rows, part::limit, by_percentage, beside_another);
      add_row<chooser>(rows, part::ours, by_percentage, beside_another);
      add_row<chosen>(rows, part::ours, by_percentage, beside_another);
    }
  }
}

}  // namespace crossfade::benchmarks
