#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <mutex>

namespace crossfade::sqlite {

/// SQLite's way to the files, as usual but for the call that is to fail. While it lives, databases
/// are opened through it; what was opened so is closed before it goes.
///
/// A write that fails has written the first half. Nothing is synced: a test does not outlive a
/// power cut. Threads: any.
class faulty_vfs {
 public:
  enum class fault : std::uint8_t {
    io_error,    ///< of whatever call, SQLITE_IOERR_...; a file that cannot be opened
    disk_full,   ///< where a file grows
    short_read,  ///< the second half of what is read is missing
  };
  enum class lasts : std::uint8_t { once, until_healed };

  faulty_vfs();
  ~faulty_vfs();
  faulty_vfs(const faulty_vfs&) = delete;
  faulty_vfs& operator=(const faulty_vfs&) = delete;

  /// Fails the `kth` call from now on, 1 being the next, of those that can have that fault.
  void fail(unsigned kth, fault how, lasts duration);
  void heal();
  /// How many calls have failed since `fail`.
  unsigned failed();

 private:
  struct file;
  enum class call : std::uint8_t;

  static const sqlite3_io_methods& methods();
  static faulty_vfs& of(sqlite3_vfs* v) { return *static_cast<faulty_vfs*>(v->pAppData); }
  static int error_of(call what, fault how) noexcept;
  /// The error that the call is to give, or SQLITE_OK.
  int next(call what);

  sqlite3_vfs* const usual_ = sqlite3_vfs_find(nullptr);
  sqlite3_vfs vfs_ = *usual_;
  std::mutex mutex_;
  unsigned until_ = 0;  // calls from now on; 0: none fails
  unsigned failed_ = 0;
  fault how_ = fault::io_error;
  lasts duration_ = lasts::once;
};

}  // namespace crossfade::sqlite
