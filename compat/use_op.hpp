#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "compat/detail/demangled.hpp"
#include "compat/detail/frame_pool.hpp"
#include "compat/loop.hpp"
#include "compat/op.hpp"

namespace crossfade {

/// The completion token that makes any Asio operation awaitable, in both texts on both backends:
/// `auto n = co_await socket.async_read_some(buffer, use_op);`
///
/// The result is what the operation completes with, without its leading error code: nothing, a
/// value, or a tuple. The arguments of the call are copied as Asio's deferred token does; what they
/// refer to outlives the wait. Cancellation: the operation is asked to stop
/// (`cancellation_type::terminal`) and the waiter leaves when it has stopped; one that completes
/// all the same delivers its result. After a cancelled composed operation (`async_read`, a Beast
/// parser) its stream is only good for being closed. Threads: the completion arrives on the loop's
/// thread, whatever the object's executor. Throws: `boost::system::system_error`; an
/// `exception_ptr` result is rethrown. Source: asio::use_awaitable.
struct use_op_t {
  /// The operations of an object of this executor are awaited without a token:
  /// `use_op_t::as_default_on_t<tcp::socket>`.
  template <class Executor>
  struct executor_with_default : Executor {
    using default_completion_token_type = use_op_t;
    template <class E>
      requires(!std::same_as<E, executor_with_default> && std::convertible_to<const E&, Executor>)
    // NOLINTNEXTLINE(google-explicit-constructor): Asio converts implicitly
    executor_with_default(const E& e) noexcept : Executor(e) {}
  };
  template <class Object>
  using as_default_on_t = typename Object::template rebind_executor<
      executor_with_default<typename Object::executor_type>>::other;
};
inline constexpr use_op_t use_op{};

namespace detail {

/// What is left of completion arguments for the caller: nothing, the one, or a tuple of all.
template <class... R>
struct completion {
  static auto give(R&&... values) {
    if constexpr (sizeof...(R) == 1) {
      return (std::move(values), ...);
    } else if constexpr (sizeof...(R) > 1) {
      return std::tuple<R...>(std::move(values)...);
    }
  }
};
template <class... R>
struct completion<boost::system::error_code, R...> {
  static auto give(boost::system::error_code&& error, R&&... values) {
    if (error) throw boost::system::system_error(error);
    return completion<R...>::give(std::move(values)...);
  }
};
template <class... R>
struct completion<std::exception_ptr, R...> {
  static auto give(std::exception_ptr&& error, R&&... values) {
    if (error) std::rethrow_exception(std::move(error));
    return completion<R...>::give(std::move(values)...);
  }
};

/// Asio recycles memory only inside of its handlers, and a task's turn is none: without these an
/// operation costs two allocations from the heap.
template <class T>
struct pooled_allocator {
  using value_type = T;
  pooled_allocator() = default;
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert
  pooled_allocator(const pooled_allocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= frame_pool::granule);
    return static_cast<T*>(allocate_frame(n * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t n) noexcept { deallocate_frame(memory, n * sizeof(T)); }
  friend bool operator==(pooled_allocator, pooled_allocator) noexcept { return true; }
};

/// Signals that keep the memory of what was connected to them, for the next operation of the
/// thread.
struct signal_pool {
  struct entry {
    boost::asio::cancellation_signal signal;
    entry* next = nullptr;
  };

  constexpr signal_pool() noexcept = default;
  ~signal_pool() {
    while (first != nullptr) delete std::exchange(first, first->next);
  }
  signal_pool(const signal_pool&) = delete;
  signal_pool& operator=(const signal_pool&) = delete;

  entry* first = nullptr;
};
inline constinit thread_local signal_pool this_signal_pool{};

/// One of them, while an operation has it.
class pooled_signal {
 public:
  pooled_signal()
      : entry_(this_signal_pool.first != nullptr
                   ? std::exchange(this_signal_pool.first, this_signal_pool.first->next)
                   : new signal_pool::entry()) {}
  ~pooled_signal() {
    // The operation has ended: whoever has the signal next must not reach what it left behind.
    auto slot = entry_->signal.slot();
    if (slot.has_handler()) slot.assign([](boost::asio::cancellation_type) {});
    entry_->next = std::exchange(this_signal_pool.first, entry_);
  }
  pooled_signal(const pooled_signal&) = delete;
  pooled_signal& operator=(const pooled_signal&) = delete;

  boost::asio::cancellation_signal* operator->() const noexcept { return &entry_->signal; }

 private:
  signal_pool::entry* entry_;
};

template <class Signature, class Initiation, class... A>
class asio_op;

template <class... R, class Initiation, class... A>
class asio_op<void(R...), Initiation, A...> final
    : public waitable<asio_op<void(R...), Initiation, A...>> {
  using results = std::tuple<std::decay_t<R>...>;

 public:
  template <class I, class... Given>
  explicit asio_op(I&& initiation, Given&&... arguments)
      : waitable<asio_op>(rules_of_this),
        initiation_(std::forward<I>(initiation)),
        arguments_(std::forward<Given>(arguments)...) {}

 private:
  friend waitable<asio_op>;

  class handler {
   public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    using allocator_type = pooled_allocator<void>;

    explicit handler(asio_op& op) noexcept : op_(&op) {}
    executor_type get_executor() const noexcept {
      return op_->task().sched->owner.io().get_executor();
    }
    cancellation_slot_type get_cancellation_slot() const noexcept { return op_->signal_->slot(); }
    allocator_type get_allocator() const noexcept { return {}; }
    template <class... Given>
    void operator()(Given&&... values) {
      op_->completed(std::forward<Given>(values)...);
    }

   private:
    asio_op* op_;
  };

  bool start() {
    starting_ = true;
    std::apply(
        [this](A&... arguments) {
          std::move(initiation_)(handler(*this), std::move(arguments)...);
        },
        arguments_);
    starting_ = false;
    return results_.has_value();
  }

  template <class... Given>
  void completed(Given&&... values) {
    results_.emplace(std::forward<Given>(values)...);
    if (starting_) return;  // completed inside its initiation: nobody waits yet
    if (stop_asked_ && was_aborted()) this->interrupt_on_completion();
    this->complete();
  }

  bool was_aborted() const noexcept {
    if constexpr (sizeof...(R) > 0) {
      if constexpr (std::is_same_v<std::tuple_element_t<0, results>, boost::system::error_code>) {
        return std::get<0>(*results_) == boost::asio::error::operation_aborted;
      }
    }
    return false;
  }

  decltype(auto) take() {
    return std::apply(
        [](auto&... values) -> decltype(auto) {
          return completion<std::decay_t<R>...>::give(std::move(values)...);
        },
        *results_);
  }

  static bool leave(op_base& o) noexcept {
    auto& self = static_cast<asio_op&>(o);
    self.stop_asked_ = true;
    self.signal_->emit(boost::asio::cancellation_type::terminal);
    return false;
  }
  static std::string operation(const op_base&) {
    const std::string name = operation_name(typeid(Initiation));
    return name.empty() ? "" : ", " + name;
  }
  static constexpr wait_rules rules_of_this{
      .name = "I/O", .leave = &leave, .holder = nullptr, .details = &operation};

  Initiation initiation_;
  std::tuple<A...> arguments_;
  pooled_signal signal_;
  std::optional<results> results_;
  bool starting_ = false;
  bool stop_asked_ = false;
};

}  // namespace detail

}  // namespace crossfade

template <class... R>
class boost::asio::async_result<crossfade::use_op_t, void(R...)> {
 public:
  template <class Initiation, class... A>
  static auto initiate(Initiation&& initiation, crossfade::use_op_t, A&&... arguments) {
    return crossfade::detail::asio_op<void(R...), std::decay_t<Initiation>, std::decay_t<A>...>(
        std::forward<Initiation>(initiation), std::forward<A>(arguments)...);
  }
};
