#pragma once

#include <exception>
#include <type_traits>

#include "compat/detail/result.hpp"
#include "compat/errors.hpp"
#include "compat/sqlite/connection.hpp"

namespace crossfade::sqlite {

// One function as work for the executor, with its result. Sees to it that a transaction is open
// after the piece exactly if it is to be.
template <class F>
class connection::piece final : public detail::work {
  using value_type = std::invoke_result_t<F&, detail::handle&>;

 public:
  piece(detail::handle& on, piece_kind kind, F& f) noexcept : handle_(on), kind_(kind), f_(f) {}

  bool run(bool others_follow) noexcept override {
    handle_.begin_work(others_follow);
    result_.set_from([this]() -> value_type {
      if (kind_ == piece_kind::inside) handle_.require_transaction();
      return f_(handle_);
    });
    const bool cut_short = result_.error() != nullptr && handle_.cut_short();
    if (kind_ == piece_kind::outside && handle_.in_transaction()) roll_back();
    return cut_short;
  }
  void end_batch() noexcept override { handle_.end_snapshot(); }
  void interrupt() noexcept override { handle_.interrupt(); }
  value_type take() { return result_.take(); }

 private:
  void roll_back() noexcept {
    const bool failed = result_.error() != nullptr;
    handle_.roll_back_if_open();
    if (failed) return;
    result_.set_error(std::make_exception_ptr(
        usage_error(handle_.path() +
                    ": a statement left a transaction open, which was rolled back; expected "
                    "with_transaction(connection, body)")));
  }

  detail::handle& handle_;
  const piece_kind kind_;
  F& f_;
  crossfade::detail::result<value_type> result_;
};

template <class F, class T>
task<T> connection::run(piece_kind kind, F&& f) {
  require_at_home();
  piece<std::remove_reference_t<F>> work(handle_, kind, f);
  co_await executor_->run(work);
  co_return work.take();
}

template <class F, class T>
task<T> connection::exclusively(F&& f) {
  require_at_home();
  if (in_own_transaction()) co_return co_await run(piece_kind::inside, f);
  if (!executor_queues_) {
    const lock::guard guard = co_await lock_.acquire();
    require_open();
    co_return co_await run(piece_kind::outside, f);
  }
  if (lock_.is_held()) {
    const lock::guard turn = co_await lock_.acquire();
  }
  require_open();  // given to the executor now, the piece keeps its place
  co_return co_await run(piece_kind::outside, f);
}

}  // namespace crossfade::sqlite
