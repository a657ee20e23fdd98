#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/backend.hpp"
#include "compat/clock.hpp"
#include "compat/event.hpp"
#include "compat/lock.hpp"
#include "compat/subsystem.hpp"
#include "compat/task.hpp"
#include "compat/wait_graph.hpp"

namespace crossfade {

/// What became of a side of a `switched`.
struct switch_event {
  enum class what : std::uint8_t {
    serving,         ///< prepared: work that is started from now on may go to it
    prepare_failed,  ///< nothing has changed; `error` says why
    draining,        ///< new work goes elsewhere
    drain_failed,    ///< `functions::drain` threw `error`; the side drains without it
    kept,            ///< it is wanted again before it has drained, and serves as before
    overdue,         ///< `stragglers` have used it up to the end of the time; it waits for them
    closed,          ///< nothing used it any more
    close_failed,    ///< gone all the same; `error` says how
  };
  what kind;
  std::string_view subsystem;
  std::string_view backend;
  std::exception_ptr error = {};
  /// If overdue: the root tasks that use it, by id, and who waits for what at that moment.
  std::vector<std::uint64_t> stragglers = {};
  wait_graph waits{{}};

  /// One line for a log, and one more for each straggler.
  std::string message() const;
};

struct switch_options {
  /// How long what has begun may take before it is reported as overdue.
  duration drain_time = std::chrono::seconds(10);
  /// Told of each step, on the loop's thread. Must not throw. Null: failures and stragglers go to
  /// the loop's error handler.
  std::function<void(const switch_event&)> on_event = {};
};

/// One side of a `switched`, as an observer sees it.
struct side_status {
  enum class phase : std::uint8_t { serving, draining, closing };
  std::string_view backend;
  phase now;
  std::size_t uses;  ///< root tasks that were given it and have not ended
  duration since;    ///< how long it has been in this phase
};
std::string_view to_string(side_status::phase phase) noexcept;  ///< "serving", ...

namespace detail {

class side_use;

/// The protocol of `switched`, whatever the state is.
class switch_protocol {
 public:
  /// A state on a backend, from when it is prepared until it is closed.
  class side {
   public:
    explicit side(backend& where) noexcept : on(where) {}
    virtual ~side() = default;
    side(const side&) = delete;
    side& operator=(const side&) = delete;

    backend& on;

   private:
    friend switch_protocol;
    friend side_use;
    side_status::phase phase_ = side_status::phase::serving;
    time_point since_{};
    std::size_t uses_ = 0;
    side_use* running_ = nullptr;  // the uses whose tasks have started
    unsigned drains_ = 0;          // how often it began to drain: the last of them counts
    event changed_;                // no use is left, or it is kept
  };

  switch_protocol(subsystem& owner, std::function<std::vector<std::string>()> wanted,
                  switch_options options);
  virtual ~switch_protocol();
  switch_protocol(const switch_protocol&) = delete;
  switch_protocol& operator=(const switch_protocol&) = delete;

  task<> open();
  task<> follow();
  task<> close();
  /// That of the backend which is chosen, or another that serves. Throws: `usage_error` if none.
  side& chosen(std::string_view targeting_key) const;
  /// Null: it has no side that serves.
  side* serving(const backend& on) const noexcept;
  std::vector<side_status> status() const;
  subsystem& owner() const noexcept { return subsystem_; }

 private:
  virtual task<std::unique_ptr<side>> prepare(backend& on) = 0;
  virtual task<> close_side(side& idle) = 0;
  virtual task<> drain_side(side& used) = 0;

  std::vector<std::reference_wrapper<backend>> wanted_backends() const;
  /// The first thing that went wrong, or null.
  task<std::exception_ptr> change_sides();
  task<std::exception_ptr> bring_up(backend& on);
  void retire(side& no_longer_wanted);
  task<> drain(side& retired, unsigned drains);
  task<> ask_to_end(side& used);
  task<> wait_until_unused(side& retired, unsigned drains);
  task<> unused(side& retired, unsigned drains);
  void enter(side& which, side_status::phase phase);
  void tell(switch_event::what kind, const backend& on, std::exception_ptr error = {});
  void tell_overdue(const side& retired);
  void tell(const switch_event& event);

  subsystem& subsystem_;
  const std::function<std::vector<std::string>()> wanted_;
  const switch_options options_;
  std::vector<std::unique_ptr<side>> sides_;
  lock changing_;
  event all_closed_;
  bool closed_ = false;
};

/// Keeps a side from being closed, on behalf of a root task.
class side_use {
 public:
  explicit side_use(switch_protocol::side& used) noexcept : side_(&used) { ++used.uses_; }
  /// Of one that has not started.
  side_use(side_use&& from) noexcept : side_(std::exchange(from.side_, nullptr)) {}
  side_use& operator=(side_use&&) = delete;
  ~side_use();

  /// The running task is the one that uses it. From now on this stays where it is.
  switch_protocol::side& start() noexcept;

 private:
  friend switch_protocol;
  switch_protocol::side* side_;
  const task_state* task_ = nullptr;
  side_use* next_ = nullptr;
  side_use* before_ = nullptr;
};

}  // namespace detail

}  // namespace crossfade
