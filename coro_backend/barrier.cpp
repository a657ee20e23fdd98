#include "coro_backend/barrier.hpp"

#include "coro_backend/async_with.hpp"

namespace crossfade::coro_backend {

barrier::barrier(int parties) : parties_(parties) {
  if (parties < 1) throw value_error("a barrier for fewer than one task");
}

crossfade::task<int> barrier::wait() {
  auto body = [this]() -> crossfade::task<int> { return wait_locked(); };
  co_return co_await async_with(changed_, body);
}

crossfade::task<int> barrier::wait_locked() {
  auto open = [this] { return state_ != state::draining && state_ != state::resetting; };
  co_await changed_.wait_for(open);
  if (state_ == state::broken) throw broken_barrier_error("the barrier was aborted");
  std::exception_ptr error;
  const int index = count_++;
  try {
    if (index + 1 == parties_) {
      state_ = state::draining;
      changed_.notify_all();
    } else {
      auto full = [this] { return state_ != state::filling; };
      co_await changed_.wait_for(full);
      if (state_ == state::broken || state_ == state::resetting)
        throw broken_barrier_error("the barrier was aborted or reset");
    }
  } catch (...) {
    error = std::current_exception();
  }
  one_leaves();
  if (error != nullptr) std::rethrow_exception(error);
  co_return index;
}

void barrier::one_leaves() {
  if (--count_ != 0) return;
  if (state_ == state::resetting || state_ == state::draining) state_ = state::filling;
  changed_.notify_all();
}

crossfade::task<> barrier::reset() {
  auto body = [this] {
    if (count_ == 0) {
      state_ = state::filling;
    } else {
      state_ = state::resetting;
    }
    changed_.notify_all();
  };
  co_await async_with(changed_, body);
}

crossfade::task<> barrier::abort() {
  auto body = [this] {
    state_ = state::broken;
    changed_.notify_all();
  };
  co_await async_with(changed_, body);
}

crossfade::task<> barrier::aexit(std::exception_ptr /*error*/) { co_return; }

}  // namespace crossfade::coro_backend
