#pragma once

#include "../harness.hpp"
#include "asio_common.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace crossfade::benchmarks {

/// Asio's stackful coroutines, on pooled stacks.
class asio_spawn {
 public:
  static constexpr implementation who{"asio_spawn", part::peer, stack::own};

  class self;
  class lock;
  class event;
  class queue;

  template <class Worker>
  void run(std::size_t count, const Worker& worker);

  boost::asio::io_context& context() { return context_; }
  boost::context::pooled_fixedsize_stack& stacks() { return stacks_; }

 private:
  boost::asio::io_context context_{1};
  boost::context::pooled_fixedsize_stack stacks_{64 * 1024};
};

/// What a task holds of its own: Asio passes the right to wait by argument.
class asio_spawn::self {
 public:
  self(asio_spawn& asio, asio_yield yield) : asio_(asio), yield_(std::move(yield)) {}

  void yield() { boost::asio::post(yield_); }

  template <class Child>
  auto spawn(const Child& child) {
    struct started {
      self& spawner;
      const Child& callee;
      void join() {
        asio_spawn_join(spawner.asio_.context(), spawner.asio_.stacks(), callee, spawner.yield_);
      }
    };
    return started{*this, child};
  }

  boost::asio::io_context& context() { return asio_.context(); }
  const asio_yield& token() const { return yield_; }

 private:
  asio_spawn& asio_;
  asio_yield yield_;
};

template <class Worker>
void asio_spawn::run(std::size_t count, const Worker& worker) {
  for (std::size_t i = 0; i < count; ++i) {
    boost::asio::spawn(
        context_, std::allocator_arg, stacks_,
        [this, &worker, i](const asio_yield& yield) {
          self me{*this, yield};
          worker(me, i);
        },
        boost::asio::detached);
  }
  context_.run();
}

class asio_spawn::lock {
 public:
  explicit lock(asio_spawn& asio) : channel_(asio.context()) { release(0); }
  int acquire(self& me) {
    if (!channel_.try_take()) channel_.take(me.token());
    return 0;
  }
  void release(int) { channel_.try_put(0); }

 private:
  asio_channel channel_;
};

class asio_spawn::event {
 public:
  explicit event(asio_spawn& asio) : channel_(asio.context()) {}
  void wait(self& me) { channel_.take(me.token()); }
  void clear() {}  // what was taken is gone
  void set() { channel_.try_put(0); }

 private:
  asio_channel channel_;
};

class asio_spawn::queue {
 public:
  explicit queue(asio_spawn& asio) : channel_(asio.context()) {}
  int take(self& me) { return channel_.take(me.token()); }
  void put(int item) { channel_.try_put(item); }

 private:
  asio_channel channel_;
};

}  // namespace crossfade::benchmarks
