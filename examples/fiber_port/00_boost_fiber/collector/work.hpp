#pragma once

#include <boost/fiber/buffered_channel.hpp>
#include <map>
#include <string>
#include <vector>

#include "collector/cache.hpp"
#include "collector/journal.hpp"

namespace collector {

/// The symbols that wait for a worker: few, so that who feeds them is held back.
using symbol_queue = boost::fibers::buffered_channel<std::string>;
using answers = std::map<std::string, std::string>;

/// Feeds the workers, and closes the queue behind the last.
void feed(const std::vector<std::string>& symbols, symbol_queue& todo);

/// Answers until the queue is closed.
answers work(symbol_queue& todo, cache& prices, journal& log);

}  // namespace collector
