#pragma once

#include <map>
#include <set>
#include <string>

namespace crossfade::test_kit {

/// Fails the test in which it ends if a file descriptor that was opened meanwhile is still open, or
/// a thread that was started meanwhile still runs; says which.
///
/// Made before what it watches and destroyed after it: the first member, or a local at the top.
/// Threads: sees those of the whole process, so tests of one process run one after the other. Where
/// there is no /proc it sees nothing.
class leak_check {
 public:
  leak_check();
  ~leak_check();
  leak_check(const leak_check&) = delete;
  leak_check& operator=(const leak_check&) = delete;

 private:
  using files = std::map<int, std::string>;  // a descriptor and what it is open on
  static files open_files();
  static std::set<int> running_threads();

  const files files_before_;
  const std::set<int> threads_before_;
};

}  // namespace crossfade::test_kit
