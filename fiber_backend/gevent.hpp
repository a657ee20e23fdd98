#pragma once

// All of gevent's words at once.

#include "fiber_backend/async_result.hpp"  // IWYU pragma: export
#include "fiber_backend/channel.hpp"       // IWYU pragma: export
#include "fiber_backend/errors.hpp"        // IWYU pragma: export
#include "fiber_backend/event.hpp"         // IWYU pragma: export
#include "fiber_backend/greenlet.hpp"      // IWYU pragma: export
#include "fiber_backend/group.hpp"         // IWYU pragma: export
#include "fiber_backend/hub.hpp"           // IWYU pragma: export
#include "fiber_backend/local.hpp"         // IWYU pragma: export
#include "fiber_backend/pool.hpp"          // IWYU pragma: export
#include "fiber_backend/queue.hpp"         // IWYU pragma: export
#include "fiber_backend/rlock.hpp"         // IWYU pragma: export
#include "fiber_backend/run_info.hpp"      // IWYU pragma: export
#include "fiber_backend/semaphore.hpp"     // IWYU pragma: export
#include "fiber_backend/threadpool.hpp"    // IWYU pragma: export
#include "fiber_backend/timeout.hpp"       // IWYU pragma: export
#include "fiber_backend/wait.hpp"          // IWYU pragma: export
