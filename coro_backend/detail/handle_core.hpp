#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "compat/detail/context.hpp"
#include "compat/detail/counted.hpp"
#include "compat/detail/frame_pool.hpp"
#include "compat/detail/ready_queue.hpp"
#include "compat/detail/timer_queue.hpp"
#include "coro_backend/detail/link.hpp"

namespace crossfade::coro_backend {
class event_loop;
}

namespace crossfade::coro_backend::detail {

using crossfade::detail::counted;

class handle_list;

/// A callback that the loop will call, or has called. Counted references: the queue holds one
/// while it stands there, each handle one.
class handle_core : public crossfade::detail::ready_callback {
 public:
  /// Keeps a copy of the present context for the call.
  explicit handle_core(event_loop& owner);
  virtual ~handle_core();

  static void* operator new(std::size_t size) { return crossfade::detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    crossfade::detail::deallocate_frame(memory, size);
  }
  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// It will not be called, if it has not been yet.
  virtual void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }
  event_loop& owner() const noexcept { return owner_; }
  /// The event loop goes before it was called: lets go of all it holds.
  void abandon() noexcept;
  /// Puts it at the end of the ready queue, which takes over a reference.
  void enqueue() noexcept;
  void enqueue_for(std::uint64_t turn) noexcept;

 private:
  virtual void call() = 0;

 protected:
  /// Destroys the function.
  virtual void drop() noexcept = 0;

 private:
  friend handle_list;
  virtual void let_go() noexcept {}
  static void take_turn(crossfade::detail::ready_callback& self, use how);
  void run();

  event_loop& owner_;
  crossfade::detail::context variables_;
  std::uint64_t turn_ = 0;  // in which it is called
  std::uint32_t references_ = 0;
  bool cancelled_ = false;
  bool running_ = false;
  bool listed_ = false;  // until it is called
  handle_core* next_ = nullptr;
  handle_core* before_ = nullptr;
};

/// What an event loop has to call.
class handle_list {
 public:
  handle_core* front() const noexcept { return first_; }
  void push(handle_core& h) noexcept;
  void remove(handle_core& h) noexcept;

 private:
  handle_core* first_ = nullptr;
};

/// One that becomes ready at a point in time.
class timer_handle_core : public handle_core, private crossfade::detail::timer {
 public:
  explicit timer_handle_core(event_loop& owner) noexcept : handle_core(owner), timer(&ring) {}
  /// Takes over a reference.
  void start(time_point when);
  time_point when() const noexcept { return when_; }
  void cancel() noexcept override;

 private:
  static void ring(crossfade::detail::timer& t) noexcept;
  void let_go() noexcept override;
  void stop_timer() noexcept;

  time_point when_{};
  bool at_once_ = false;
};

/// One that is scheduled when a future is done.
class done_callback : public link, public handle_core {
 public:
  done_callback(event_loop& owner, const void* identity) : link(identity), handle_core(owner) {}
  ~done_callback() override;
  void done(future_core& of) noexcept override;
  void forget() noexcept override { release(); }

 protected:
  future_core& source() const noexcept { return *source_; }

 private:
  void let_go() noexcept override;

  future_core* source_ = nullptr;  // counted
};

/// A handle with its function. `Base` says when it is called.
template <class Base, class F>
class function_handle final : public Base {
 public:
  template <class G, class... A>
  explicit function_handle(G&& f, A&&... base)
      : Base(std::forward<A>(base)...), function_(std::forward<G>(f)) {}

 private:
  void call() override {
    if constexpr (std::is_base_of_v<done_callback, Base>) {
      (*function_)(this->source());
    } else {
      (*function_)();
    }
  }
  void drop() noexcept override { function_.reset(); }

  std::optional<F> function_;
};

}  // namespace crossfade::coro_backend::detail
