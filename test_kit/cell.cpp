#include "test_kit/cell.hpp"

#include "compat/loop.hpp"
#include "compat/on_fiber.hpp"
#include "compat/sleep.hpp"
#include "test_kit/hang_watch.hpp"

namespace crossfade::test_kit {

std::vector<cell_pair> all_cell_pairs() {
  std::vector<cell_pair> pairs;
  for (cell a : all_cells) {
    for (cell b : all_cells) pairs.emplace_back(a, b);
  }
  return pairs;
}

std::string cell::name() const {
  return std::string(carried == carrier::fiber ? "fiber" : "coro") +
         (written == text::blocking ? "_blocking" : "");
}

std::string cell_name(const testing::TestParamInfo<cell>& info) { return info.param.name(); }
std::string pair_name(const testing::TestParamInfo<cell_pair>& info) {
  return info.param.first.name() + "_" + info.param.second.name();
}

backend& both_backends::of(cell c) noexcept {
  if (c.carried == cell::carrier::fiber) return fiber;
  return coro;
}

child<> both_backends::spawn(task_group& group, cell c, std::function<task<>()> text,
                             std::source_location site) {
  task_group::placement place = group.on(of(c));
  if (c.written == cell::text::coroutine) return place.spawn(std::move(text), site);
  if (c.carried == cell::carrier::fiber) {
    return place.spawn([text = std::move(text)] { await(text()); }, site);
  }
  return place.spawn(
      [text = std::move(text)]() -> task<> {
        auto blocking = [&] { await(text()); };
        co_await on_fiber(blocking);
      },
      site);
}

namespace {

// Awaits `text()`, then tells the loop of the tasks that are left. Those that only need turns to
// end have them first; those that were cancelled the loop waits for.
task<> to_the_end(loop& owner, const std::function<task<>()>& text) {
  constexpr int most_rounds = 100;
  co_await text();
  for (int round = 0; round < most_rounds && !owner.core().ready.empty(); ++round)
    co_await checkpoint();
  std::vector<task_info> left = owner.tasks();
  const std::uint64_t self = detail::task_state::current().id;
  std::erase_if(left, [=](const task_info& t) { return t.id == self || t.cancel_requested; });
  if (left.empty()) co_return;
  owner.report(std::make_exception_ptr(
      std::runtime_error("tasks were left that had not ended when the text of the test had" +
                         wait_graph(std::move(left)).text())));
}

}  // namespace

void both_backends::run(cell c, const std::function<task<>()>& body, std::source_location site) {
  loop& owner = of(c).owner();
  hang_watch watch;
  const hang_watch::run watched(watch, owner);
  auto text = [&] { return to_the_end(owner, body); };
  if (c.written == cell::text::coroutine) {
    owner.run(of(c), text, site);
  } else if (c.carried == cell::carrier::fiber) {
    owner.run(
        of(c), [&] { await(text()); }, site);
  } else {
    owner.run(
        of(c),
        [&]() -> task<> {
          auto blocking = [&] { await(text()); };
          co_await on_fiber(blocking);
        },
        site);
  }
}

}  // namespace crossfade::test_kit
