#include "coro_backend/runner.hpp"

namespace crossfade::coro_backend {

runner::runner(runner_options options) : loop_(std::move(options.loop)), carrier_(loop_) {
  get_loop().set_debug(options.debug);
}

runner::~runner() { close(); }

void runner::close() { get_loop().close(); }

}  // namespace crossfade::coro_backend
