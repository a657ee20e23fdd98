#include "coro_backend/detail/interrupt_watch.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "compat/detail/background_io.hpp"

namespace crossfade::coro_backend::detail {

namespace {

bool has_default_action(int signal) noexcept {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
         now.sa_handler == SIG_DFL;
}

}  // namespace

class interrupt_watch::signal_wait final : public crossfade::detail::background_io,
                                           public std::enable_shared_from_this<signal_wait> {
 public:
  signal_wait(event_loop& owner, any_task main)
      : owner_(owner), main_(std::move(main)), signals_(owner.owner().io(), SIGINT) {}

  event_loop& owner() const noexcept { return owner_; }
  bool interrupted() const noexcept { return interrupted_; }
  bool stopped() const noexcept { return stopped_; }
  void pause() override {
    paused_ = true;
    signals_.cancel();
  }
  void resume() override {
    paused_ = false;
    // The handler may be called when this is gone.
    signals_.async_wait([weak = weak_from_this()](const boost::system::error_code& error, int) {
      const std::shared_ptr<signal_wait> self = weak.lock();
      if (self == nullptr || error) return;
      if (!self->paused_) self->resume();
      self->interrupt();
    });
  }

 private:
  void interrupt() {
    if (owner_.sched().interrupt_sets > 0) return;
    if (!std::exchange(interrupted_, true) && !main_.done()) {
      main_.cancel();
    } else {
      stopped_ = true;
      owner_.stop();
    }
  }

  event_loop& owner_;
  any_task main_;
  boost::asio::signal_set signals_;
  bool paused_ = false;
  bool interrupted_ = false;
  bool stopped_ = false;
};

interrupt_watch::interrupt_watch(event_loop& owner, const any_task& main) {
  if (gettid() != getpid() || !has_default_action(SIGINT)) return;
  wait_ = std::make_shared<signal_wait>(owner, main);
  wait_->resume();
  owner.sched().background = wait_.get();
}

interrupt_watch::~interrupt_watch() {
  if (wait_ != nullptr) wait_->owner().sched().background = nullptr;
}

bool interrupt_watch::interrupted() const noexcept {
  return wait_ != nullptr && wait_->interrupted();
}

bool interrupt_watch::stopped() const noexcept { return wait_ != nullptr && wait_->stopped(); }

}  // namespace crossfade::coro_backend::detail
