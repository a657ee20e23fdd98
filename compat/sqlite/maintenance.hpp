#pragma once

#include <cstdint>
#include <string_view>

#include "compat/sqlite/connection.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite {

/// How far a checkpoint goes for those who use the database.
enum class checkpoint_mode : std::uint8_t {
  passive,   ///< copies what it can without waiting
  full,      ///< waits for the writer, and for readers of what is older
  restart,   ///< and until the next writer can begin the log anew
  truncate,  ///< and cuts the log's file to nothing
};

struct checkpoint_result {
  bool busy;  ///< others were in the way until the busy timeout: not all is copied
  /// -1 unless the database keeps a write-ahead log.
  std::int64_t log_frames;
  std::int64_t checkpointed_frames;  ///< of those, how many are in the database file
};

/// Copies what the write-ahead log holds into the database file.
///
/// On a pool: `with_writer`. Order: as a statement. Cancellation: ends the wait for others; frames
/// that are copied stay so. Throws: `error`, also inside of a transaction and on a connection that
/// only reads. Source: PRAGMA wal_checkpoint.
task<checkpoint_result> wal_checkpoint(connection& on,
                                       checkpoint_mode mode = checkpoint_mode::passive);

/// Builds the database file anew, without holes.
///
/// Others wait meanwhile, up to their busy timeout. On a pool: `with_writer`. Order: as a
/// statement. Cancellation: the database is as before. Throws: `error`, also inside of a
/// transaction. Source: VACUUM.
task<> vacuum(connection& on);

/// Writes the database, as it is when the copy begins, without holes into the new file `path`.
///
/// Others read and write meanwhile, not on this connection; a pool's `with_reader` does. It is
/// written beside, as `path` with an ending, and renamed when it is whole; what is left of it after
/// a crash may go. Order: as a statement. Cancellation: no file is left. Throws: `error` with
/// SQLITE_CANTOPEN if there is such a file; `error`, also inside of a transaction;
/// `std::filesystem::filesystem_error` if it cannot be renamed. Source: VACUUM INTO. Differs: the
/// file is whole or not there; an empty one is refused, too.
task<> vacuum_into(connection& from, std::string_view path);

}  // namespace crossfade::sqlite
