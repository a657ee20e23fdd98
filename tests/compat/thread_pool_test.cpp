#include "compat/detail/thread_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <list>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace crossfade::detail {
namespace {

struct call final : thread_job {
  explicit call(std::function<void()> f) : thread_job(&start), function(std::move(f)) {}
  static void start(thread_job& job) noexcept { static_cast<call&>(job).function(); }
  std::function<void()> function;
};

TEST(ThreadPoolTest, OneThreadRunsJobsInTheOrderGiven) {
  std::vector<int> order;
  std::list<call> jobs;
  {
    thread_pool pool(1);
    for (int i = 0; i < 100; ++i)
      pool.submit(jobs.emplace_back([&order, i] { order.push_back(i); }));
  }
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

TEST(ThreadPoolTest, RunsAsManyAtOnceAsItHasThreads) {
  constexpr int threads = 4;
  std::latch all_here(threads);
  std::list<call> jobs;
  thread_pool pool(threads);
  for (int i = 0; i < threads; ++i) {
    pool.submit(jobs.emplace_back([&] { all_here.arrive_and_wait(); }));  // hangs with fewer
  }
  all_here.wait();
}

TEST(ThreadPoolTest, NeverUsesMoreThreadsThanAllowed) {
  std::mutex mutex;
  std::set<std::thread::id> used;
  std::list<call> jobs;
  {
    thread_pool pool(2);
    for (int i = 0; i < 200; ++i) {
      pool.submit(jobs.emplace_back([&] {
        const std::lock_guard guard(mutex);
        used.insert(std::this_thread::get_id());
      }));
    }
  }
  EXPECT_LE(used.size(), 2U);
}

TEST(ThreadPoolTest, IdleThreadTakesTheNextJob) {
  std::set<std::thread::id> used;
  std::list<call> jobs;
  std::binary_semaphore ended(0);
  thread_pool pool(1);
  for (int i = 0; i < 10; ++i) {
    pool.submit(jobs.emplace_back([&] {
      used.insert(std::this_thread::get_id());
      ended.release();
    }));
    ended.acquire();
  }
  EXPECT_EQ(used.size(), 1U);
}

TEST(ThreadPoolTest, EndsWithoutEverHavingHadAJob) { const thread_pool pool(8); }

TEST(ThreadPoolTest, ZeroThreadsMeansOne) {
  std::binary_semaphore ran(0);
  call job([&] { ran.release(); });
  thread_pool pool(0);
  pool.submit(job);
  ran.acquire();
}

}  // namespace
}  // namespace crossfade::detail
