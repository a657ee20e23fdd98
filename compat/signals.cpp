#include "compat/signals.hpp"

#include <boost/asio/signal_set.hpp>

#include "compat/loop.hpp"
#include "compat/use_op.hpp"

namespace crossfade {

struct signal_set::impl {
  boost::asio::signal_set set;
};

signal_set::signal_set(loop& owner, std::initializer_list<int> signals)
    : impl_(new impl{boost::asio::signal_set(owner.io())}) {
  for (const int s : signals) impl_->set.add(s);
}

signal_set::~signal_set() = default;

task<int> signal_set::wait() { co_return co_await impl_->set.async_wait(use_op); }

}  // namespace crossfade
