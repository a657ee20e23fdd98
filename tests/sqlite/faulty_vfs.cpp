#include "tests/sqlite/faulty_vfs.hpp"

#include <cstring>
#include <stdexcept>

namespace crossfade::sqlite {

enum class faulty_vfs::call : std::uint8_t {
  open,
  remove,
  access,
  read,
  write,
  truncate,
  sync,
  size,
  lock,
  check_lock,
  map_shared,
  lock_shared,
  fetch,
};

// SQLite gives the memory: ours, and behind it that of the usual file.
struct faulty_vfs::file {
  sqlite3_file base;
  faulty_vfs* owner;

  static file& of(sqlite3_file* f) noexcept { return *reinterpret_cast<file*>(f); }
  sqlite3_file* usual() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }

  /// What the usual file does, unless the call is to fail.
  template <class... P, class... A>
  static int pass(sqlite3_file* f, call what, int (*sqlite3_io_methods::*method)(P...), A... a) {
    if (const int error = of(f).owner->next(what); error != SQLITE_OK) return error;
    return straight(f, method, a...);
  }
  template <class... P, class... A>
  static int straight(sqlite3_file* f, int (*sqlite3_io_methods::*method)(P...), A... a) {
    sqlite3_file* const usual = of(f).usual();
    return (usual->pMethods->*method)(usual, a...);
  }
  static int read(sqlite3_file* f, void* to, int size, sqlite3_int64 at);
  static int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at);
};

int faulty_vfs::file::read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  const int error = of(f).owner->next(call::read);
  if (error != SQLITE_OK && error != SQLITE_IOERR_SHORT_READ) return error;
  const int code = straight(f, &sqlite3_io_methods::xRead, to, size, at);
  if (error == SQLITE_OK || code != SQLITE_OK) return code;
  const int half = size / 2;
  std::memset(static_cast<char*>(to) + half, 0, static_cast<std::size_t>(size - half));
  return error;
}

int faulty_vfs::file::write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  const int error = of(f).owner->next(call::write);
  if (error == SQLITE_OK) return straight(f, &sqlite3_io_methods::xWrite, from, size, at);
  straight(f, &sqlite3_io_methods::xWrite, from, size / 2, at);
  return error;
}

const sqlite3_io_methods& faulty_vfs::methods() {
  using io = sqlite3_io_methods;
  using f = sqlite3_file;
  static const io all{
      .iVersion = 3,
      .xClose = [](f* on) { return file::straight(on, &io::xClose); },
      .xRead = &file::read,
      .xWrite = &file::write,
      .xTruncate =
          [](f* on, sqlite3_int64 to) {
            return file::pass(on, call::truncate, &io::xTruncate, to);
          },
      .xSync = [](f* on, int) { return file::of(on).owner->next(call::sync); },
      .xFileSize =
          [](f* on, sqlite3_int64* size) {
            return file::pass(on, call::size, &io::xFileSize, size);
          },
      .xLock = [](f* on, int level) { return file::pass(on, call::lock, &io::xLock, level); },
      .xUnlock = [](f* on, int level) { return file::straight(on, &io::xUnlock, level); },
      .xCheckReservedLock =
          [](f* on, int* is) {
            return file::pass(on, call::check_lock, &io::xCheckReservedLock, is);
          },
      .xFileControl = [](f* on, int op,
                         void* data) { return file::straight(on, &io::xFileControl, op, data); },
      .xSectorSize = [](f* on) { return file::straight(on, &io::xSectorSize); },
      .xDeviceCharacteristics =
          [](f* on) { return file::straight(on, &io::xDeviceCharacteristics); },
      .xShmMap =
          [](f* on, int region, int size, int extend, void volatile** at) {
            return file::pass(on, call::map_shared, &io::xShmMap, region, size, extend, at);
          },
      .xShmLock =
          [](f* on, int first, int count, int flags) {
            if ((flags & SQLITE_SHM_UNLOCK) != 0)
              return file::straight(on, &io::xShmLock, first, count, flags);
            return file::pass(on, call::lock_shared, &io::xShmLock, first, count, flags);
          },
      .xShmBarrier =
          [](f* on) {
            f* const usual = file::of(on).usual();
            usual->pMethods->xShmBarrier(usual);
          },
      .xShmUnmap = [](f* on, int remove) { return file::straight(on, &io::xShmUnmap, remove); },
      .xFetch =
          [](f* on, sqlite3_int64 at, int size, void** found) {
            return file::pass(on, call::fetch, &io::xFetch, at, size, found);
          },
      .xUnfetch = [](f* on, sqlite3_int64 at,
                     void* found) { return file::straight(on, &io::xUnfetch, at, found); },
  };
  return all;
}

faulty_vfs::faulty_vfs() {
  vfs_.pNext = nullptr;
  vfs_.zName = "crossfade_faulty";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(file)) + usual_->szOsFile;
  vfs_.xOpen = [](sqlite3_vfs* v, const char* name, sqlite3_file* made, int flags, int* opened) {
    faulty_vfs& self = of(v);
    file& f = file::of(made);
    f.base.pMethods = nullptr;  // SQLite does not close it then
    f.owner = &self;
    if (const int error = self.next(call::open); error != SQLITE_OK) return error;
    const int code = self.usual_->xOpen(self.usual_, name, f.usual(), flags, opened);
    if (f.usual()->pMethods != nullptr) f.base.pMethods = &methods();
    return code;
  };
  vfs_.xDelete = [](sqlite3_vfs* v, const char* name, int sync) {
    const int error = of(v).next(call::remove);
    return error != SQLITE_OK ? error : of(v).usual_->xDelete(of(v).usual_, name, sync);
  };
  vfs_.xAccess = [](sqlite3_vfs* v, const char* name, int flags, int* is) {
    const int error = of(v).next(call::access);
    return error != SQLITE_OK ? error : of(v).usual_->xAccess(of(v).usual_, name, flags, is);
  };
  if (sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK) throw std::runtime_error(vfs_.zName);
}

faulty_vfs::~faulty_vfs() {
  sqlite3_vfs_register(usual_, 1);
  sqlite3_vfs_unregister(&vfs_);
}

void faulty_vfs::fail(unsigned kth, fault how, lasts duration) {
  const std::lock_guard guard(mutex_);
  how_ = how;
  duration_ = duration;
  failed_ = 0;
  until_ = kth;
}

void faulty_vfs::heal() {
  const std::lock_guard guard(mutex_);
  until_ = 0;
}

unsigned faulty_vfs::failed() {
  const std::lock_guard guard(mutex_);
  return failed_;
}

int faulty_vfs::next(call what) {
  const std::lock_guard guard(mutex_);
  if (until_ == 0) return SQLITE_OK;
  const int error = error_of(what, how_);
  if (error == SQLITE_OK) return SQLITE_OK;
  if (until_ > 1) {
    --until_;
    return SQLITE_OK;
  }
  if (duration_ == lasts::once) until_ = 0;
  ++failed_;
  return error;
}

int faulty_vfs::error_of(call what, fault how) noexcept {
  if (how == fault::short_read) return what == call::read ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
  if (how == fault::disk_full) {
    if (what == call::write) return SQLITE_FULL;
    return what == call::map_shared ? SQLITE_IOERR_SHMSIZE : SQLITE_OK;
  }
  switch (what) {
    case call::open:
      return SQLITE_CANTOPEN;
    case call::remove:
      return SQLITE_IOERR_DELETE;
    case call::access:
      return SQLITE_IOERR_ACCESS;
    case call::read:
      return SQLITE_IOERR_READ;
    case call::write:
      return SQLITE_IOERR_WRITE;
    case call::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case call::sync:
      return SQLITE_IOERR_FSYNC;
    case call::size:
      return SQLITE_IOERR_FSTAT;
    case call::lock:
      return SQLITE_IOERR_LOCK;
    case call::check_lock:
      return SQLITE_IOERR_CHECKRESERVEDLOCK;
    case call::map_shared:
      return SQLITE_IOERR_SHMMAP;
    case call::lock_shared:
      return SQLITE_IOERR_SHMLOCK;
    case call::fetch:
      return SQLITE_IOERR_MMAP;
  }
  return SQLITE_OK;
}

}  // namespace crossfade::sqlite
