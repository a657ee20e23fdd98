#include "test_kit/cell.hpp"

#include "compat/loop.hpp"
#include "compat/on_fiber.hpp"

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

child<> both_backends::spawn(task_group& group, cell c, std::function<task<>()> text) {
  task_group::placement place = group.on(of(c));
  if (c.written == cell::text::coroutine) return place.spawn(std::move(text));
  if (c.carried == cell::carrier::fiber) {
    return place.spawn([text = std::move(text)] { await(text()); });
  }
  return place.spawn([text = std::move(text)]() -> task<> {
    auto blocking = [&] { await(text()); };
    co_await on_fiber(blocking);
  });
}

void both_backends::run(cell c, const std::function<task<>()>& text) {
  loop& owner = of(c).owner();
  if (c.written == cell::text::coroutine) {
    owner.run(of(c), text);
  } else if (c.carried == cell::carrier::fiber) {
    owner.run(of(c), [&] { await(text()); });
  } else {
    owner.run(of(c), [&]() -> task<> {
      auto blocking = [&] { await(text()); };
      co_await on_fiber(blocking);
    });
  }
}

}  // namespace crossfade::test_kit
