#include "fiber_backend/detail/linkable.hpp"

#include <algorithm>
#include <exception>
#include <vector>

#include "compat/detail/scheduler.hpp"
#include "fiber_backend/hub.hpp"

namespace crossfade::fiber_backend::detail {

linkable::~linkable() {
  if (pass_ != nullptr) pass_->gone = true;
  if (notifier_.queued) sched_->ready.remove(notifier_);
}

void linkable::add_link(link_node& node) {
  sched_ = &get_hub().sched();
  links_.push(node);
  check_and_notify();
}

void linkable::remove_link(link_node& node) noexcept {
  if (node.linked_in(links_)) links_.remove(node);
  stop_if_unlinked();
  if (node.linked_in(arrived_)) arrived_.remove(node);
}

void linkable::remove_link_of(const void* identity) noexcept {
  if (link_node* const node = links_.find(identity)) {
    links_.remove(*node);
    node->drop();
  }
  stop_if_unlinked();
}

// With nobody left who waited before, the notification does not take place; who came since is not
// woken by it, nor by any other.
void linkable::stop_if_unlinked() noexcept {
  if (!links_.empty() || !notifier_.queued) return;
  sched_->ready.remove(notifier_);
  arrived_.clear();
}

void linkable::check_and_notify() {
  if (links_.empty() || notifying() || !ready()) return;
  sched_->ready.push(notifier_);
}

void linkable::notifier::take_turn(crossfade::detail::ready_callback& n, use how) {
  if (how == use::call) static_cast<notifier&>(n).self.run();
}

void linkable::run() {
  pass now;
  pass_ = &now;
  if (!call_links(links_, now)) return;
  if (!arrived_.empty()) {
    if (!call_links(arrived_, now)) return;
    links_.take(arrived_);
  }
  pass_ = nullptr;
  check_and_notify();
}

// Up to the last that is there now. False: the object is gone.
bool linkable::call_links(link_list& links, pass& now) {
  if (links.empty()) return true;
  const std::uint64_t last = links.last_number();
  std::vector<const void*> called;
  bool more = true;
  while (more && !links.empty()) {
    if (whom_ == notify::while_ready && !ready()) break;
    link_node& link = links.pop();
    more = link_list::number(link) != last;
    if (link.identity() != nullptr) {
      if (std::ranges::find(called, link.identity()) != called.end()) {
        link.drop();
        continue;
      }
      called.push_back(link.identity());
    }
    try {
      link.call();
    } catch (...) {
      get_hub().handle_error(nullptr, std::current_exception());
    }
    if (now.gone) return false;
  }
  return true;
}

// --- waiting ---

void linked_wait::begin(crossfade::detail::op_base& op) {
  op_ = &op;
  limit_.begin(op, length_);
  of_->add_link(*this);
}

void linked_wait::begin_behind(crossfade::detail::op_base& op) noexcept {
  op_ = &op;
  of_->queue_behind(*this);
}

void linked_wait::call() { wake_now(*op_); }

void linked_wait::leave() noexcept {
  if (linked()) of_->remove_link(*this);
  limit_.end();
}

}  // namespace crossfade::fiber_backend::detail
