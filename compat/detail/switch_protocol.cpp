#include "compat/detail/switch_protocol.hpp"

#include <algorithm>
#include <stdexcept>

#include "compat/detail/misuse.hpp"
#include "compat/detail/task_state.hpp"
#include "compat/errors.hpp"
#include "compat/loop.hpp"
#include "compat/runtime.hpp"
#include "compat/task_group.hpp"
#include "compat/timeout.hpp"

namespace crossfade {

std::string_view to_string(side_status::phase phase) noexcept {
  switch (phase) {
    case side_status::phase::serving:
      return "serving";
    case side_status::phase::draining:
      return "draining";
    case side_status::phase::closing:
      return "closing";
  }
  return "";
}

std::string switch_event::message() const {
  std::string text =
      "subsystem '" + std::string(subsystem) + "': the " + std::string(backend) + " side ";
  switch (kind) {
    case what::serving:
      return text + "serves";
    case what::prepare_failed:
      return text + "cannot be prepared, so nothing changes: " + describe(error);
    case what::draining:
      return text + "gets no new work";
    case what::drain_failed:
      return text + "could not ask what uses it to end: " + describe(error);
    case what::kept:
      return text + "serves again";
    case what::closed:
      return text + "is closed";
    case what::close_failed:
      return text + "could not be closed in order: " + describe(error);
    case what::overdue:
      break;
  }
  text += "is not closed yet, since it is still used by";
  for (const std::uint64_t id : stragglers) {
    if (const task_info* user = waits.find(id)) text += "\n  " + waits.line_of(*user);
  }
  return text;
}

namespace detail {

using phase = side_status::phase;
using what = switch_event::what;

switch_protocol::switch_protocol(subsystem& owner, std::function<std::vector<std::string>()> wanted,
                                 switch_options options)
    : subsystem_(owner), wanted_(std::move(wanted)), options_(std::move(options)) {}

switch_protocol::~switch_protocol() = default;

task<> switch_protocol::open() {
  if (!sides_.empty() || closed_) {
    throw usage_error("subsystem '" + std::string(subsystem_.name()) +
                      "': its state is opened a second time");
  }
  const std::exception_ptr failure = co_await change_sides();
  if (sides_.empty() && failure != nullptr) std::rethrow_exception(failure);
}

task<> switch_protocol::follow() { co_await change_sides(); }

task<std::exception_ptr> switch_protocol::change_sides() {
  const lock::guard one_at_a_time = co_await changing_.acquire();
  std::exception_ptr failure;
  if (closed_) co_return failure;
  const auto wanted = wanted_backends();
  for (backend& on : wanted) {
    std::exception_ptr failed = co_await bring_up(on);
    if (failure == nullptr) failure = std::move(failed);
  }
  if (failure != nullptr) co_return failure;
  const auto is_wanted = [&](const side& s) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const backend& on) { return &on == &s.on; });
  };
  for (const auto& s : sides_) {
    if (s->phase_ == phase::serving && !is_wanted(*s)) retire(*s);
  }
  co_return failure;
}

std::vector<std::reference_wrapper<backend>> switch_protocol::wanted_backends() const {
  std::vector<std::reference_wrapper<backend>> wanted;
  const auto add = [&](backend& one) {
    const auto same = [&](const backend& b) { return &b == &one; };
    if (std::none_of(wanted.begin(), wanted.end(), same)) wanted.emplace_back(one);
  };
  runtime& choice = subsystem_.owner();
  std::vector<std::string> names;
  if (wanted_) names = wanted_();
  if (names.empty()) names.emplace_back(choice.choice(subsystem_.name()));
  for (const std::string& name : names) {
    if (name == shadow_choice) {
      for (backend& each : choice.backends()) add(each);
    } else {
      add(choice.named(name, subsystem_.name()));
    }
  }
  return wanted;
}

task<std::exception_ptr> switch_protocol::bring_up(backend& on) {
  std::exception_ptr failure;
  const auto there = std::find_if(sides_.begin(), sides_.end(), [&](const auto& s) {
    return &s->on == &on && s->phase_ != phase::closing;
  });
  if (there != sides_.end()) {
    if ((*there)->phase_ == phase::draining) {
      enter(**there, phase::serving);
      (*there)->changed_.set();
      tell(what::kept, on);
    }
    co_return failure;
  }
  auto make = [this, &on]() -> task<std::unique_ptr<side>> {
    std::unique_ptr<side> made = co_await prepare(on);
    co_return made;
  };
  try {
    auto preparing = subsystem_.launch_on(on, {.name = "prepare"}, make);
    std::unique_ptr<side> made = co_await preparing.join();
    sides_.push_back(std::move(made));
    enter(*sides_.back(), phase::serving);
    tell(what::serving, on);
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
    tell(what::prepare_failed, on, failure);
  }
  co_return failure;
}

void switch_protocol::retire(side& no_longer_wanted) {
  enter(no_longer_wanted, phase::draining);
  tell(what::draining, no_longer_wanted.on);
  auto draining = [this, &no_longer_wanted, drains = ++no_longer_wanted.drains_] {
    return drain(no_longer_wanted, drains);
  };
  subsystem_.launch_on(no_longer_wanted.on, {.name = "drain"}, draining).detach();
}

task<> switch_protocol::drain(side& retired, unsigned drains) {
  auto until_unused = [&](task_group& group) -> task<> {
    group.spawn({.name = "end soon"}, [this, &retired] { return ask_to_end(retired); });
    co_await wait_until_unused(retired, drains);
    group.cancel("nothing is left to drain");
  };
  co_await with_task_group(until_unused);
  if (retired.phase_ != phase::draining || retired.drains_ != drains) co_return;  // it is kept

  enter(retired, phase::closing);
  std::exception_ptr failure;
  try {
    co_await close_side(retired);
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  const backend& on = retired.on;
  std::erase_if(sides_, [&](const auto& s) { return s.get() == &retired; });
  tell(failure == nullptr ? what::closed : what::close_failed, on, failure);
  if (sides_.empty()) all_closed_.set();
}

// A failure must not end the group, or the side would never be closed.
task<> switch_protocol::ask_to_end(side& used) {
  try {
    co_await drain_side(used);
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    tell(what::drain_failed, used.on, std::current_exception());
  }
}

task<> switch_protocol::wait_until_unused(side& retired, unsigned drains) {
  bool overdue = false;
  auto until_unused = [&] { return unused(retired, drains); };
  try {
    co_await with_timeout(options_.drain_time, until_unused);
  } catch (const timeout_error&) {
    overdue = true;
  }
  if (!overdue) co_return;
  tell_overdue(retired);
  co_await unused(retired, drains);
}

task<> switch_protocol::unused(side& retired, unsigned drains) {
  while (retired.uses_ > 0 && retired.phase_ == phase::draining && retired.drains_ == drains) {
    retired.changed_.clear();
    co_await retired.changed_.wait();
  }
}

task<> switch_protocol::close() {
  const lock::guard no_more_changes = co_await changing_.acquire();
  closed_ = true;
  for (const auto& s : sides_) {
    if (s->phase_ == phase::serving) retire(*s);
  }
  if (sides_.empty()) co_return;
  all_closed_.clear();
  co_await all_closed_.wait();
}

switch_protocol::side& switch_protocol::chosen(std::string_view targeting_key) const {
  if (side* exactly = serving(subsystem_.chosen(targeting_key))) return *exactly;
  for (const auto& s : sides_) {
    if (s->phase_ == phase::serving) return *s;
  }
  throw usage_error("subsystem '" + std::string(subsystem_.name()) + "': its state is " +
                    (closed_ ? "closed" : "not open; `open` comes first"));
}

switch_protocol::side* switch_protocol::serving(const backend& on) const noexcept {
  for (const auto& s : sides_) {
    if (&s->on == &on && s->phase_ == phase::serving) return s.get();
  }
  return nullptr;
}

std::vector<side_status> switch_protocol::status() const {
  std::vector<side_status> all;
  all.reserve(sides_.size());
  for (const auto& s : sides_) {
    all.push_back({.backend = s->on.name(),
                   .now = s->phase_,
                   .uses = s->uses_,
                   .since = subsystem_.owner().owner().now() - s->since_});
  }
  return all;
}

void switch_protocol::enter(side& which, side_status::phase next) {
  which.phase_ = next;
  which.since_ = subsystem_.owner().owner().now();
}

void switch_protocol::tell(switch_event::what kind, const backend& on, std::exception_ptr error) {
  tell({.kind = kind,
        .subsystem = subsystem_.name(),
        .backend = on.name(),
        .error = std::move(error)});
}

void switch_protocol::tell_overdue(const side& retired) {
  switch_event event{.kind = what::overdue,
                     .subsystem = subsystem_.name(),
                     .backend = retired.on.name(),
                     .waits = subsystem_.owner().owner().wait_graph()};
  for (const side_use* use = retired.running_; use != nullptr; use = use->next_) {
    event.stragglers.push_back(use->task_->id);
  }
  std::ranges::sort(event.stragglers);
  tell(event);
}

void switch_protocol::tell(const switch_event& event) {
  if (options_.on_event) {
    options_.on_event(event);
  } else if (event.error != nullptr || event.kind == what::overdue) {
    subsystem_.owner().owner().report(std::make_exception_ptr(std::runtime_error(event.message())));
  }
}

side_use::~side_use() {
  if (side_ == nullptr) return;
  if (task_ != nullptr) {
    (before_ != nullptr ? before_->next_ : side_->running_) = next_;
    if (next_ != nullptr) next_->before_ = before_;
  }
  if (--side_->uses_ == 0) side_->changed_.set();
}

switch_protocol::side& side_use::start() noexcept {
  task_ = &task_state::current();
  next_ = std::exchange(side_->running_, this);
  if (next_ != nullptr) next_->before_ = this;
  return *side_;
}

}  // namespace detail

}  // namespace crossfade
