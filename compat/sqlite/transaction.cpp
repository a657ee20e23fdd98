#include "compat/sqlite/transaction.hpp"

#include <utility>

#include "compat/detail/cancel_scope.hpp"
#include "compat/errors.hpp"
#include "compat/sqlite/detail/piece.hpp"

namespace crossfade::sqlite::detail {

transaction::transaction(connection& owner, lock::guard&& guard) noexcept
    : owner_(&owner), guard_(std::move(guard)) {
  owner.transaction_of_ = crossfade::detail::task_state::current().id;
}

task<transaction> transaction::enter(connection& owner) {
  if (owner.in_own_transaction()) {
    throw usage_error(owner.handle_.path() +
                      ": with_transaction inside of this task's own transaction on the connection");
  }
  lock::guard guard = co_await owner.lock_.acquire();
  owner.require_open();
  co_return transaction(owner, std::move(guard));
}

task<> transaction::begin() {
  co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.begin(); });
}

task<> transaction::commit() {
  co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.commit(); });
}

task<> transaction::roll_back() {
  const crossfade::detail::cancel_scope until_done(crossfade::detail::cancel_scope::kind::shield);
  co_await owner_->run(connection::piece_kind::control, [](handle& h) { h.roll_back_if_open(); });
}

}  // namespace crossfade::sqlite::detail
