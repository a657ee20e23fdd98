#include "compat/detail/thread_pool.hpp"

namespace crossfade::detail {

void thread_pool::finish() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& t : threads_) t.join();
  threads_.clear();
}

void thread_pool::submit(thread_job& job) {
  const std::lock_guard guard(mutex_);
  if (waiting_jobs_ >= idle_ && threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw;  // otherwise the job waits for a thread that is there
    }
  }
  job.next = nullptr;
  (first_ != nullptr ? last_->next : first_) = &job;
  last_ = &job;
  ++waiting_jobs_;
  changed_.notify_one();
}

void thread_pool::work() {
  std::unique_lock guard(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(guard, [this] { return first_ != nullptr || stop_; });
    --idle_;
    if (first_ == nullptr) return;
    thread_job& job = *first_;
    first_ = job.next;
    --waiting_jobs_;
    guard.unlock();
    job.run(job);
    guard.lock();
  }
}

}  // namespace crossfade::detail
