#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace crossfade::detail {

/// A function to run on some thread; lives in whoever waits for it.
struct thread_job {
  using function = void (*)(thread_job&) noexcept;
  explicit thread_job(function f) noexcept : run(f) {}
  thread_job(const thread_job&) = delete;
  thread_job& operator=(const thread_job&) = delete;

  function run;
  thread_job* next = nullptr;

 protected:
  ~thread_job() = default;
};

/// Threads that run jobs in the order given. A thread is started when a job comes and none is idle.
class thread_pool {
 public:
  explicit thread_pool(unsigned max_threads) noexcept
      : max_threads_(max_threads == 0 ? 1 : max_threads) {}
  ~thread_pool() { finish(); }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// Throws: `std::system_error` if no thread could be started and none is there.
  void submit(thread_job& job);
  /// Runs what was submitted, then joins. Nothing is submitted afterwards.
  void finish();

 private:
  void work();

  const unsigned max_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  thread_job* first_ = nullptr;
  thread_job* last_ = nullptr;
  unsigned waiting_jobs_ = 0;
  unsigned idle_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace crossfade::detail
