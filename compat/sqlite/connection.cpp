#include "compat/sqlite/connection.hpp"

#include <utility>

#include "compat/detail/cancel_scope.hpp"
#include "compat/errors.hpp"
#include "compat/sqlite/detail/collation.hpp"
#include "compat/sqlite/detail/piece.hpp"
#include "compat/sqlite/errors.hpp"

namespace crossfade::sqlite {

connection::connection(const driver& how, std::string_view path)
    : executor_(how.make_executor()),
      owned_handle_(std::make_unique<detail::handle>(std::string(path), *executor_)) {}

connection::~connection() {
  if (is_of_parent_process()) {
    // SQLite's locks and the worker's thread are the parent's; to close would take them from it.
    static_cast<void>(executor_.release());
    static_cast<void>(owned_handle_.release());
    return;
  }
  executor_.reset();  // no thread but this one uses the handle from here on
}

bool connection::in_own_transaction() const {
  return transaction_of_ == crossfade::detail::task_state::current().id;
}

void connection::require_at_home() const {
  if (is_of_parent_process()) {
    throw usage_error(handle_.path() +
                      ": the connection was opened before the fork and is the parent's; expected "
                      "one that the child opens");
  }
  if (crossfade::detail::task_state::current().sched != home_) {
    throw usage_error(handle_.path() +
                      ": the connection belongs to another loop; expected a task of that, or a "
                      "connection for each loop");
  }
}

void connection::require_open() const {
  if (!open_) throw connection_closed(handle_.path() + ": the connection is closed");
}

task<executed> connection::execute_bound(std::string_view sql, detail::bound_values values) {
  co_return co_await exclusively([&](detail::handle& h) { return h.cached(sql).execute(values); });
}

task<std::vector<row>> connection::query_bound(std::string_view sql, detail::bound_values values) {
  co_return co_await exclusively([&](detail::handle& h) { return h.cached(sql).query(values); });
}

task<> connection::query_into(std::string_view sql, detail::bound_values values,
                              detail::row_sink& sink) {
  co_await exclusively([&](detail::handle& h) { h.cached(sql).query_into(values, sink); });
}

task<> connection::execute_script(std::string_view sql) {
  const std::string text(sql);
  co_await exclusively([&](detail::handle& h) { h.execute_script(text); });
}

task<statement> connection::prepare(std::string_view sql) {
  detail::prepared* compiled =
      co_await exclusively([&](detail::handle& h) { return &h.prepare(sql); });
  co_return statement(*this, *compiled);
}

task<> connection::add_function(std::unique_ptr<detail::function> made) {
  co_await exclusively([&](detail::handle& h) { detail::function::add(h, std::move(made)); });
}

task<> connection::add_collation(std::string_view name, collation_order compare) {
  return add_collation(std::make_unique<detail::collation>(name, std::move(compare)));
}

task<> connection::add_collation(std::unique_ptr<detail::collation> made) {
  co_await exclusively([&](detail::handle& h) { detail::collation::add(h, std::move(made)); });
}

task<> connection::close() {
  require_at_home();
  if (in_own_transaction())
    throw usage_error(handle_.path() + ": close inside of with_transaction; expected after it");
  if (of_pool_)
    throw usage_error(handle_.path() + ": close of a connection of a pool; expected pool.close()");
  const lock::guard guard = co_await lock_.acquire();
  if (!std::exchange(open_, false)) co_return;
  const crossfade::detail::cancel_scope until_closed(crossfade::detail::cancel_scope::kind::shield);
  co_await run(piece_kind::control, [](detail::handle& h) { h.close(); });
  executor_.reset();
}

task<std::unique_ptr<connection>> open(const driver& how, std::string_view path,
                                       const connection_options& options) {
  std::unique_ptr<connection> made(new connection(how, path));
  co_await made->run(connection::piece_kind::control, [&](detail::handle& h) { h.open(options); });
  made->open_ = true;
  co_return made;
}

}  // namespace crossfade::sqlite
