#include "collector/collect.hpp"

#include <functional>
#include <vector>

#include "collector/reporter.hpp"
#include "collector/work.hpp"
#include "compat/task_group.hpp"

namespace collector {

namespace xf = crossfade;

fiber_port::summary collect(const fiber_port::job& todo) {
  journal log;
  exchange source;
  gate entrance(todo.most_at_once);
  cache prices(source, entrance, log);
  reporter progress(prices, todo.report_every);
  symbol_queue queue(4);
  fiber_port::summary result;

  // region collect
  auto together = [&](xf::task_group& group) {
    auto reporting = group.spawn(&reporter::run, &progress);
    group.spawn(feed, std::cref(todo.symbols), std::ref(queue));
    std::vector<xf::child<answers>> workers;
    for (int i = 0; i < todo.workers; ++i) {
      workers.push_back(group.spawn(work, std::ref(queue), std::ref(prices), std::ref(log)));
    }
    for (auto& worker : workers) result.answers.merge(xf::await(worker.join()));
    reporting.cancel();
  };
  xf::await(xf::with_task_group(together));
  // endregion

  progress.report();
  result.journal = log.lines();
  result.reports = progress.lines();
  result.asked = source.asked();
  result.most_at_once = source.most_at_once();
  return result;
}

}  // namespace collector
