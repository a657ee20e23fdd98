#pragma once

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <cstddef>
#include <memory>

namespace collector {

/// Lets so many in at once; who comes then waits until one leaves.
class gate {
 public:
  struct leaving {
    void operator()(gate* entered) const { entered->leave(); }
  };
  using pass = std::unique_ptr<gate, leaving>;

  explicit gate(std::size_t room) : room_(room) {}
  pass enter();

 private:
  void leave();

  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable left_;
  std::size_t room_;
};

}  // namespace collector
