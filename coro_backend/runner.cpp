#include "coro_backend/runner.hpp"

#include "coro_backend/detail/interrupt_watch.hpp"

namespace crossfade::coro_backend {

runner::runner(runner_options options) : loop_(std::move(options.loop)), carrier_(loop_) {
  get_loop().set_debug(options.debug);
}

runner::~runner() { close(); }

void runner::run_until_done(const any_task& main) {
  const detail::interrupt_watch watch(get_loop(), main);
  try {
    get_loop().run_until_done(main);
  } catch (...) {
    if (watch.stopped()) throw keyboard_interrupt();
    throw;
  }
  if (watch.stopped()) throw keyboard_interrupt();
  if (watch.interrupted() && main.cancelled() && main.uncancel() == 0) throw keyboard_interrupt();
}

void runner::close() { get_loop().close(); }

}  // namespace crossfade::coro_backend
