#include "collector/collect.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <functional>
#include <vector>

#include "collector/reporter.hpp"
#include "collector/work.hpp"

namespace collector {

fiber_port::summary collect(const fiber_port::job& todo) {
  journal log;
  exchange source;
  gate entrance(todo.most_at_once);
  cache prices(source, entrance, log);
  reporter progress(prices, todo.report_every);
  symbol_queue queue(4);
  fiber_port::summary result;

  // region collect
  boost::fibers::fiber reporting(&reporter::run, &progress);
  boost::fibers::fiber feeding(feed, std::cref(todo.symbols), std::ref(queue));
  std::vector<boost::fibers::future<answers>> workers;
  for (int i = 0; i < todo.workers; ++i) {
    workers.push_back(boost::fibers::async(work, std::ref(queue), std::ref(prices), std::ref(log)));
  }
  for (auto& worker : workers) result.answers.merge(worker.get());
  feeding.join();
  progress.stop();
  reporting.join();
  // endregion

  progress.report();
  result.journal = log.lines();
  result.reports = progress.lines();
  result.asked = source.asked();
  result.most_at_once = source.most_at_once();
  return result;
}

}  // namespace collector
