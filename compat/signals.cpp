#include "compat/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "compat/loop.hpp"
#include "compat/use_op.hpp"

namespace crossfade {

struct signal_set::impl {
  explicit impl(loop& l) : owner(l), set(l.io()) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    if (has_interrupt) --owner.core().interrupt_sets;
  }

  loop& owner;
  boost::asio::signal_set set;
  bool has_interrupt = false;
};

signal_set::signal_set(loop& owner, std::initializer_list<int> signals)
    : impl_(std::make_unique<impl>(owner)) {
  for (const int s : signals) {
    impl_->set.add(s);
    if (s != SIGINT || impl_->has_interrupt) continue;
    impl_->has_interrupt = true;
    ++owner.core().interrupt_sets;
  }
}

signal_set::~signal_set() = default;

task<int> signal_set::wait() { co_return co_await impl_->set.async_wait(use_op); }

}  // namespace crossfade
