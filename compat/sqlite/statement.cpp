#include "compat/sqlite/statement.hpp"

#include "compat/sqlite/detail/piece.hpp"

namespace crossfade::sqlite {

statement::~statement() {
  // A closed connection has destroyed its statements.
  if (prepared_ != nullptr && owner_->open_) owner_->handle_.let_go(*prepared_);
}

task<executed> statement::execute_bound(detail::bound_values values) {
  co_return co_await owner_->exclusively(
      [&](detail::handle&) { return prepared_->execute(values); });
}

task<std::vector<row>> statement::query_bound(detail::bound_values values) {
  co_return co_await owner_->exclusively([&](detail::handle&) { return prepared_->query(values); });
}

task<> statement::query_into(detail::bound_values values, detail::row_sink& sink) {
  co_await owner_->exclusively([&](detail::handle&) { prepared_->query_into(values, sink); });
}

}  // namespace crossfade::sqlite
