#pragma once

#include "../harness.hpp"
#include "fifo.hpp"

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace crossfade::benchmarks {

/// The least a scheduler of fibers can do: raw Boost.Context jumps from fiber to fiber on recycled
/// stacks, in the order of an intrusive FIFO. No cancellation, results, names, errors or guard
/// pages.
class limit_fiber {
 public:
  static constexpr implementation who{"limit_fiber", part::limit, stack::own};

  class gate_base;
  class lock;
  class event;
  class queue;

  /// Starts worker(*this, i) for each i < count and returns when nothing is ready any more.
  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto body = [this, &worker, i] { worker(*this, i); };
      ready_.push(start(body));
    }
    wait();
  }

  void yield() {
    ready_.push(*current_);
    wait();
  }

  template <class Child>
  auto spawn(const Child& child) {
    struct started {
      limit_fiber& self;
      fiber& callee;
      void join() {
        callee.joiner = self.current_;
        self.wait();
      }
    };
    fiber& callee = start(child);
    ready_.push(callee);
    return started{*this, callee};
  }

 private:
  struct fiber {
    fiber* next = nullptr;
    boost::context::detail::fcontext_t context = nullptr;
    limit_fiber* scheduler = nullptr;
    fiber* joiner = nullptr;
    void* block = nullptr;
  };

  static constexpr std::size_t stack_size = 256 * 1024;  // as our default

  /// Lends a stack with a copy of `body`, and below it the fiber, at its hot end.
  template <class Body>
  fiber& start(const Body& body) {
    struct frame : fiber {
      Body body;
    };
    void* const block = lend();
    auto* const top = static_cast<std::byte*>(block) + stack_size - colour(block);
    auto* const place = top - sizeof(frame) / 16 * 16 - 16;
    auto* const made = new (place) frame{{.scheduler = this, .block = block}, body};
    made->context = boost::context::detail::make_fcontext(
        place, static_cast<std::size_t>(place - static_cast<std::byte*>(block)),
        [](boost::context::detail::transfer_t from) {
          arrive(from);
          auto& self = *static_cast<frame*>(static_cast<fiber*>(from.data)->scheduler->current_);
          self.body();
          self.scheduler->end();
        });
    return *made;
  }

  /// Runs the others until somebody makes this fiber ready.
  void wait() {
    fiber* const next = ready_.pop();
    jump(next != nullptr ? *next : main_);
  }

  void end() {
    free_.push_back(current_->block);
    if (current_->joiner != nullptr) ready_.push(*current_->joiner);
    wait();
  }

  void jump(fiber& next) {
    if (&next == current_) return;
    fiber* const previous = std::exchange(current_, &next);
    arrive(boost::context::detail::jump_fcontext(next.context, previous));
  }

  static void arrive(boost::context::detail::transfer_t from) {
    static_cast<fiber*>(from.data)->context = from.fctx;
  }

  void* lend() {
    if (free_.empty()) {
      stacks_.emplace_back(new std::byte[stack_size]);
      free_.reserve(stacks_.size());
      return stacks_.back().get();
    }
    void* const block = free_.back();
    free_.pop_back();
    return block;
  }

  /// Equal stacks would put all their hot ends into the same few cache sets.
  static std::size_t colour(const void* block) {
    return reinterpret_cast<std::size_t>(block) / stack_size % 61 * 320;
  }

  fiber main_{.scheduler = this};
  fiber* current_ = &main_;
  fifo<fiber> ready_;
  std::vector<std::unique_ptr<std::byte[]>> stacks_;
  std::vector<void*> free_;
};

class limit_fiber::gate_base {
 protected:
  gate_base(limit_fiber& scheduler, bool open) : scheduler_(scheduler), gate_(open) {}

  void pass() {
    if (gate_.try_pass()) return;
    gate_.wait(*scheduler_.current_);
    scheduler_.wait();
  }
  void open() {
    if (fiber* const next = gate_.open()) scheduler_.ready_.push(*next);
  }

 private:
  limit_fiber& scheduler_;
  gate<fiber> gate_;
};

class limit_fiber::lock : gate_base {
 public:
  explicit lock(limit_fiber& scheduler) : gate_base(scheduler, true) {}
  int acquire(limit_fiber&) {
    pass();
    return 0;
  }
  void release(int) { open(); }
};

class limit_fiber::event : gate_base {
 public:
  explicit event(limit_fiber& scheduler) : gate_base(scheduler, false) {}
  void wait(limit_fiber&) { pass(); }
  void clear() {}  // passing closes the gate
  void set() { open(); }
};

class limit_fiber::queue : gate_base {
 public:
  explicit queue(limit_fiber& scheduler) : gate_base(scheduler, false) {}
  void put(int item) {
    item_ = item;
    open();
  }
  int take(limit_fiber&) {
    pass();
    return item_;
  }

 private:
  int item_ = 0;
};

}  // namespace crossfade::benchmarks
