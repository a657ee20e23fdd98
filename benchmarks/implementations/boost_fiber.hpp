#pragma once

#include "../harness.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace crossfade::benchmarks {

/// Boost.Fiber as it comes, on pooled stacks. `Launch` says whether a new fiber is queued or
/// entered at once.
template <boost::fibers::launch Launch>
class basic_boost_fiber {
 public:
  static constexpr implementation who{
      Launch == boost::fibers::launch::post ? "boost_fiber" : "boost_fiber_dispatch", part::peer,
      stack::own};

  class lock;
  class event;
  class queue;

  // Each run gets its own: whoever ran before on this thread may have left another algorithm.
  basic_boost_fiber() {
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
  }

  template <class Worker>
  void run(std::size_t count, const Worker& worker) {
    std::vector<boost::fibers::fiber> fibers;
    for (std::size_t i = 0; i < count; ++i) {
      fibers.push_back(spawn([this, &worker, i] { worker(*this, i); }));
    }
    for (auto& fiber : fibers) fiber.join();
  }

  void yield() { boost::this_fiber::yield(); }

  template <class Body>
  boost::fibers::fiber spawn(const Body& body) {
    return {Launch, std::allocator_arg, stacks_, body};
  }

 private:
  boost::fibers::pooled_fixedsize_stack stacks_{64 * 1024};
};

using boost_fiber = basic_boost_fiber<boost::fibers::launch::post>;
using boost_fiber_dispatch = basic_boost_fiber<boost::fibers::launch::dispatch>;

template <boost::fibers::launch Launch>
class basic_boost_fiber<Launch>::lock {
 public:
  explicit lock(basic_boost_fiber&) {}
  int acquire(basic_boost_fiber&) {
    mutex_.lock();
    return 0;
  }
  void release(int) { mutex_.unlock(); }

 private:
  boost::fibers::mutex mutex_;
};

/// Boost.Fiber has no event; this is how its users make one.
template <boost::fibers::launch Launch>
class basic_boost_fiber<Launch>::event {
 public:
  explicit event(basic_boost_fiber&) {}
  void set() {
    {
      const std::lock_guard guard(mutex_);
      set_ = true;
    }
    changed_.notify_one();
  }
  void wait(basic_boost_fiber&) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return set_; });
  }
  void clear() { set_ = false; }

 private:
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable_any changed_;
  bool set_ = false;
};

template <boost::fibers::launch Launch>
class basic_boost_fiber<Launch>::queue {
 public:
  explicit queue(basic_boost_fiber&) {}
  void put(int item) { channel_.push(item); }
  int take(basic_boost_fiber&) { return channel_.value_pop(); }

 private:
  boost::fibers::buffered_channel<int> channel_{2};
};

}  // namespace crossfade::benchmarks
