#pragma once

#include "compat/clock.hpp"
#include "compat/task.hpp"

namespace crossfade::sqlite::detail {

/// Calls into SQLite on one connection, to be made in one go by one thread.
class work {
 public:
  work(const work&) = delete;
  work& operator=(const work&) = delete;

  /// `others_follow`: more pieces wait to be run at once, unless they are cancelled. True: it
  /// failed because `tick`, `pause` or `interrupt` cut it short.
  virtual bool run(bool others_follow) noexcept = 0;
  /// After `run`, on its thread: none follows after all.
  virtual void end_batch() noexcept = 0;
  /// Cuts short what `run` does, if it does something. Any thread, while the work exists.
  virtual void interrupt() noexcept = 0;

 protected:
  work() = default;
  ~work() = default;
};

/// Where the work of one connection runs, and what happens while it does: a driver's half of a
/// connection.
///
/// Only one piece of work is under way at a time; others may wait in the order in which they were
/// given, if the executor `queues`. `tick` and `pause` are called by SQLite from
/// inside of it, on its thread and stack: they never touch the connection, and no exception leaves
/// them.
class executor {
 public:
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;
  virtual ~executor() = default;

  /// Has `piece` run and waits for its end. Cancellation: cuts the piece short; it has ended when
  /// `cancelled` is thrown. A piece that ends all the same is a result that is ready.
  virtual task<> run(work& piece) = 0;
  /// Comes every `instructions` of SQLite's virtual machine. False: the statement must not go on.
  virtual bool tick() noexcept = 0;
  /// The database is locked: waits before it is tried again. False: give up.
  virtual bool pause(duration length) noexcept = 0;

  /// 0: `tick` never comes.
  int instructions() const noexcept { return instructions_; }
  /// Whether it may be given further pieces while one is under way.
  bool queues() const noexcept { return queues_; }

 protected:
  executor(int instructions, bool queues) noexcept : instructions_(instructions), queues_(queues) {}

 private:
  const int instructions_;
  const bool queues_;
};

}  // namespace crossfade::sqlite::detail
