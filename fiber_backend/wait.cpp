#include "fiber_backend/wait.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend {

using crossfade::detail::op_base;

// Links and the timer keep it alive.
struct iwait::state final : std::enable_shared_from_this<state>,
                            crossfade::detail::timer,
                            detail::kept_by_timer {
  state() noexcept : timer(&expire) {}
  static void expire(crossfade::detail::timer& t) noexcept;
  void begin();
  void end() noexcept;
  void add(std::optional<waitable_object> one);
  void let_go() noexcept override;

  hub* const owner = &get_hub();
  std::vector<waitable_object> objects;              // none: nobody waits any more
  std::vector<object_link*> links;                   // those that still are in their objects
  std::deque<std::optional<waitable_object>> ready;  // none: the time was over
  std::optional<duration> timeout;
  std::size_t left = 0;
  op_base* waiter = nullptr;
  std::shared_ptr<state> kept;  // itself, while the timer runs
  bool begun = false;
};

// Stands in its object, which it does not keep alive.
class iwait::object_link final : public detail::link_node {
 public:
  object_link(std::shared_ptr<state> s, std::size_t index)
      : link_node(s.get()), state_(std::move(s)), index_(index) {}
  void call() override {
    const std::unique_ptr<object_link> self(this);
    std::erase(state_->links, this);
    if (!state_->objects.empty()) state_->add(state_->objects[index_]);
  }
  void drop() noexcept override {
    const std::unique_ptr<object_link> self(this);
    std::erase(state_->links, this);
  }
  void unlink() noexcept {
    const std::unique_ptr<object_link> self(this);
    state_->objects[index_].source().remove_link(*this);
  }

 private:
  const std::shared_ptr<state> state_;
  const std::size_t index_;
};

class iwait::next_op final : public crossfade::detail::waitable<next_op> {
 public:
  explicit next_op(state& s) noexcept : waitable(rules_of_this), state_(s) {}

 private:
  friend waitable<next_op>;
  static bool leave(op_base& op) noexcept {
    static_cast<next_op&>(op).state_.waiter = nullptr;
    return true;
  }
  static constexpr crossfade::detail::wait_rules rules_of_this{
      .name = "one of several", .leave = &leave, .holder = nullptr, .ended_by_guest = true};
  bool start() noexcept {
    if (!state_.ready.empty()) return true;
    state_.waiter = this;
    return false;
  }
  void take() noexcept {}
  state& state_;
};

void iwait::state::begin() {
  if (std::exchange(begun, true)) return;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    links.push_back(new object_link(shared_from_this(), i));
    objects[i].source().add_link(*links.back());
  }
  if (!timeout) return;
  owner->sched().timers.arm(*this, detail::due_after(owner->sched(), *timeout));
  owner->kept_by_timers().insert(this);
  kept = shared_from_this();
}

void iwait::state::let_go() noexcept {
  owner->sched().timers.cancel(*this);
  owner->kept_by_timers().erase(this);
  kept.reset();
}

void iwait::state::end() noexcept {
  if (armed) let_go();
  for (object_link* const link : std::exchange(links, {})) link->unlink();
}

void iwait::state::add(std::optional<waitable_object> one) {
  ready.push_back(std::move(one));
  if (waiter != nullptr) detail::wake_now(*std::exchange(waiter, nullptr));
}

void iwait::state::expire(crossfade::detail::timer& t) noexcept {
  auto& self = static_cast<state&>(t);
  const std::shared_ptr<state> alive = self.kept;
  self.let_go();
  self.add(std::nullopt);
}

iwait::iwait(std::vector<waitable_object> objects, std::optional<duration> timeout,
             std::optional<std::size_t> count)
    : state_(std::make_shared<state>()) {
  state_->objects = std::move(objects);
  state_->timeout = timeout;
  state_->left = std::min(count.value_or(state_->objects.size()), state_->objects.size());
}

iwait::~iwait() {
  if (state_ != nullptr) state_->end();
}

void iwait::abandon() noexcept {
  state_->objects.clear();
  state_.reset();
}

task<std::optional<waitable_object>> iwait::next() {
  state& s = *state_;
  s.begin();
  if (s.left == 0) {
    s.end();
    co_return std::nullopt;
  }
  --s.left;
  try {
    co_await next_op(s);
  } catch (...) {
    s.end();
    throw;
  }
  std::optional<waitable_object> first = std::move(s.ready.front());
  s.ready.pop_front();
  if (!first) s.end();
  co_return first;
}

task<std::vector<waitable_object>> wait(std::vector<waitable_object> objects,
                                        std::optional<duration> timeout,
                                        std::optional<std::size_t> count) {
  iwait all(std::move(objects), timeout, count);
  std::vector<waitable_object> ready;
  for (;;) {
    std::optional<waitable_object> next = co_await all.next();
    if (!next) co_return ready;
    ready.push_back(std::move(*next));
  }
}

task<std::vector<any_greenlet>> joinall(std::vector<any_greenlet> greenlets,
                                        std::optional<duration> timeout, bool raise_error,
                                        std::optional<std::size_t> count) {
  iwait all({greenlets.begin(), greenlets.end()}, timeout, count);
  std::vector<any_greenlet> ended;
  for (;;) {
    const std::optional<waitable_object> next = co_await all.next();
    if (!next) co_return ended;
    if (raise_error && next->greenlet().exception() != nullptr) {
      all.abandon();
      std::rethrow_exception(next->greenlet().exception());
    }
    ended.push_back(next->greenlet());
  }
}

}  // namespace crossfade::fiber_backend
