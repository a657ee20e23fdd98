#include "compat/sqlite/backup.hpp"

#include <string>

#include "compat/sqlite/detail/copying.hpp"

namespace crossfade::sqlite {

task<> backup(connection& from, std::string_view path, const backup_options& options) {
  detail::copying copy(from, std::string(path));
  co_await copy.run(options);
}

task<> backup(connection& from, connection& to, const backup_options& options) {
  const lock::guard alone = co_await detail::copying::enter(to);
  detail::copying copy(from, to);
  co_await copy.run(options);
}

}  // namespace crossfade::sqlite
