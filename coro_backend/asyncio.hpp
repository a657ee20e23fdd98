#pragma once

// Everything that speaks asyncio.

#include "compat/context.hpp"
#include "coro_backend/as_completed.hpp"
#include "coro_backend/async_with.hpp"
#include "coro_backend/awaitable.hpp"
#include "coro_backend/barrier.hpp"
#include "coro_backend/condition.hpp"
#include "coro_backend/errors.hpp"
#include "coro_backend/event.hpp"
#include "coro_backend/event_loop.hpp"
#include "coro_backend/executor.hpp"
#include "coro_backend/future.hpp"
#include "coro_backend/gather.hpp"
#include "coro_backend/handle.hpp"
#include "coro_backend/lock.hpp"
#include "coro_backend/queue.hpp"
#include "coro_backend/runner.hpp"
#include "coro_backend/semaphore.hpp"
#include "coro_backend/shield.hpp"
#include "coro_backend/sleep.hpp"
#include "coro_backend/task.hpp"
#include "coro_backend/task_group.hpp"
#include "coro_backend/threadsafe.hpp"
#include "coro_backend/timeout.hpp"
#include "coro_backend/wait.hpp"
#include "coro_backend/wait_for.hpp"

namespace crossfade::coro_backend {

/// Copied when a task, or a callback, is created. Source: contextvars.ContextVar.
template <class T>
using context_var = crossfade::context_var<T>;

}  // namespace crossfade::coro_backend
