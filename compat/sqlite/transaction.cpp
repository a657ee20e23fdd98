#include "compat/sqlite/transaction.hpp"

#include <utility>

#include "compat/detail/cancel_scope.hpp"
#include "compat/errors.hpp"
#include "compat/sqlite/detail/piece.hpp"

namespace crossfade::sqlite::detail {

transaction::transaction(connection& owner, std::optional<lock::guard>&& guard) noexcept
    : owner_(&owner), guard_(std::move(guard)), level_(owner.transaction_levels_++) {
  owner.transaction_of_ = crossfade::detail::task_state::current().id;
}

transaction::~transaction() {
  if (owner_ == nullptr) return;
  --owner_->transaction_levels_;
  if (level_ == 0) owner_->transaction_of_ = 0;
}

task<transaction> transaction::enter(connection& owner) {
  owner.require_at_home();
  if (owner.in_own_transaction()) co_return transaction(owner, std::nullopt);
  lock::guard guard = co_await owner.lock_.acquire();
  owner.require_open();
  co_return transaction(owner, std::move(guard));
}

task<> transaction::begin() {
  if (level_ == 0) {
    co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.begin(); });
  } else {
    co_await owner_->run(connection::piece_kind::inside,
                         [this](handle& h) { h.set_savepoint(level_); });
  }
  begun_ = true;
}

task<> transaction::commit() {
  if (level_ == 0) {
    co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.commit(); });
  } else {
    co_await owner_->run(connection::piece_kind::inside,
                         [this](handle& h) { h.release_savepoint(level_); });
  }
}

task<> transaction::roll_back() {
  const crossfade::detail::cancel_scope until_done(crossfade::detail::cancel_scope::kind::shield);
  if (level_ == 0) {
    co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.roll_back_if_open(); });
  } else if (begun_) {
    co_await owner_->run(connection::piece_kind::control,
                         [this](handle& h) { h.roll_back_to_savepoint(level_); });
  }
}

}  // namespace crossfade::sqlite::detail
