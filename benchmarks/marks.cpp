#include "marks.hpp"

#include <nlohmann/json.hpp>

namespace crossfade::benchmarks {

// The limit of a yield is the same pattern with nothing but the resume or jump and an intrusive
// queue.
const std::vector<mark>& marks() {
  constexpr double of_python = 1.0 / 15;
  constexpr double of_python_with_kernel = 1.0 / 2;
  static const std::vector<mark> all{
      {"coroutine yields, 2 tasks", "yield/2_tasks/crossfade_coro", 1.4,
       "yield/2_tasks/limit_coro"},
      {"coroutine yields, 1000 tasks", "yield/1000_tasks/crossfade_coro", 1.6,
       "yield/1000_tasks/limit_coro"},
      {"fiber yields, 2 tasks", "yield/2_tasks/crossfade_fiber", 2.7,
       "primitive/one_step/fcontext_jump"},
      {"fiber yields, 8 call sites", "yield/8_sites/crossfade_fiber", 1.15,
       "yield/8_sites/limit_fiber_called"},
      {"fiber awaits a coroutine", "bridge/fiber_awaits_coroutine/crossfade_fiber", 10,
       "primitive/one_step/virtual_call"},
      {"coroutine awaits a function", "bridge/coroutine_awaits_function/crossfade_coro", 4,
       "primitive/one_step/fcontext_jump", 20},
      {"coroutine spawns and joins", "spawn_join/named_with_result/crossfade_coro", 2,
       "primitive/one_step/coroutine_frame_of_malloc"},
      {"fiber spawns and joins", "spawn_join/named_with_result/crossfade_fiber", 12,
       "primitive/one_step/fcontext_jump"},
      {"coroutine locks and unlocks", "uncontended_lock/lock_unlock/crossfade_coro", 2,
       "primitive/one_step/virtual_call"},
      {"fiber locks and unlocks", "uncontended_lock/lock_unlock/crossfade_fiber", 2,
       "primitive/one_step/virtual_call"},
      {"coroutine yields beside Asio", "yield/2_tasks/crossfade_coro", 1.0 / 15,
       "yield/2_tasks/asio_awaitable"},
      {"fiber yields, 2 beside Boost.Fiber", "yield/2_tasks/crossfade_fiber", 1 / 2.5,
       "yield/2_tasks/boost_fiber"},
      {"fiber yields, 1000 beside it", "yield/1000_tasks/crossfade_fiber", 1.2,
       "yield/1000_tasks/boost_fiber"},
      {"mixed yields, 2 beside fibers", "yield/2_tasks/crossfade_mixed", 1,
       "yield/2_tasks/crossfade_fiber"},
      {"mixed yields, 1000 beside fibers", "yield/1000_tasks/crossfade_mixed", 1,
       "yield/1000_tasks/crossfade_fiber"},
      {"coroutine spawns beside Asio", "spawn_join/empty_task/crossfade_coro", 1.0 / 8,
       "spawn_join/empty_task/asio_awaitable"},
      {"fiber spawns beside Boost.Fiber", "spawn_join/empty_task/crossfade_fiber", 1.0 / 3,
       "spawn_join/empty_task/boost_fiber"},
      {"contended lock beside Boost.Fiber", "contended_lock/2_tasks/crossfade_fiber", 1.0 / 4,
       "contended_lock/2_tasks/boost_fiber"},
      {"event wakes beside Boost.Fiber", "event_wake/one_way/crossfade_fiber", 1.0 / 4,
       "event_wake/one_way/boost_fiber"},
      {"queue hops beside Boost.Fiber", "queue_hop/one_way/crossfade_fiber", 1.0 / 4,
       "queue_hop/one_way/boost_fiber"},
      {"coroutine timeout beside Asio", "timeout/alone/crossfade_coro", 1.0 / 20,
       "timeout/alone/asio_awaitable"},
      {"fiber timeout beside Asio", "timeout/alone/crossfade_fiber", 1.0 / 20,
       "timeout/alone/asio_awaitable"},
      {"exception state is swapped", "primitive/one_step/exception_state_swap", 0, "", 1},
      {"static flag", "choose/static/flags_chooser", 0, "", 20},
      {"static flag, 2 threads", "choose/static_beside_another/flags_chooser", 0, "", 20},
      {"static flag, by subsystem", "choose/static/subsystem", 0, "", 20},
      {"static flag, subsystem, 2 threads", "choose/static_beside_another/subsystem", 0, "", 20},
      {"percentage", "choose/fractional/flags_chooser", 0, "", 100},
      {"percentage, 2 threads", "choose/fractional_beside_another/flags_chooser", 0, "", 100},
      {"percentage, by subsystem", "choose/fractional/subsystem", 0, "", 100},
      {"percentage, subsystem, 2 threads", "choose/fractional_beside_another/subsystem", 0, "",
       100},
      {"reload, 1000 flags in 20 ms", "reload/a_flag_of_1000/file_reload", 0, "", 20'000},
      {"coroutine socket ping-pong", "socket/ping_pong/crossfade_coro", 1,
       "socket/ping_pong/asio_callbacks"},
      {"fiber socket ping-pong", "socket/ping_pong/crossfade_fiber", 1,
       "socket/ping_pong/asio_callbacks"},
      {"coroutine HTTP hello", "http/hello/crossfade_coro", 1, "http/hello/beast_awaitable"},
      {"fiber HTTP hello", "http/hello/crossfade_fiber", 1, "http/hello/beast_awaitable"},
      // Each half beside what it replaces. What is the kernel's in a row of the network no library
      // makes faster.
      {"yields, 2 tasks beside gevent", "yield/2_tasks/crossfade_fiber", of_python,
       "yield/2_tasks/gevent"},
      {"yields, 1000 tasks beside gevent", "yield/1000_tasks/crossfade_fiber", of_python,
       "yield/1000_tasks/gevent"},
      {"spawns, joins beside gevent", "spawn_join/empty_task/crossfade_fiber", of_python,
       "spawn_join/empty_task/gevent"},
      {"locks beside gevent", "uncontended_lock/lock_unlock/crossfade_fiber", of_python,
       "uncontended_lock/lock_unlock/gevent"},
      {"contends, 2 tasks beside gevent", "contended_lock/2_tasks/crossfade_fiber", of_python,
       "contended_lock/2_tasks/gevent"},
      {"contends, 100 beside gevent", "contended_lock/100_tasks/crossfade_fiber", of_python,
       "contended_lock/100_tasks/gevent"},
      {"event wakes beside gevent", "event_wake/one_way/crossfade_fiber", of_python,
       "event_wake/one_way/gevent"},
      {"queue hops beside gevent", "queue_hop/one_way/crossfade_fiber", of_python,
       "queue_hop/one_way/gevent"},
      {"timeout beside gevent", "timeout/alone/crossfade_fiber", of_python, "timeout/alone/gevent"},
      {"yields, 2 tasks beside asyncio", "yield/2_tasks/crossfade_coro", of_python,
       "yield/2_tasks/asyncio"},
      {"yields, 1000 tasks beside asyncio", "yield/1000_tasks/crossfade_coro", of_python,
       "yield/1000_tasks/asyncio"},
      {"spawns, joins beside asyncio", "spawn_join/empty_task/crossfade_coro", of_python,
       "spawn_join/empty_task/asyncio"},
      {"locks beside asyncio", "uncontended_lock/lock_unlock/crossfade_coro", of_python,
       "uncontended_lock/lock_unlock/asyncio"},
      {"contends, 2 tasks beside asyncio", "contended_lock/2_tasks/crossfade_coro", of_python,
       "contended_lock/2_tasks/asyncio"},
      {"contends, 100 beside asyncio", "contended_lock/100_tasks/crossfade_coro", of_python,
       "contended_lock/100_tasks/asyncio"},
      {"event wakes beside asyncio", "event_wake/one_way/crossfade_coro", of_python,
       "event_wake/one_way/asyncio"},
      {"queue hops beside asyncio", "queue_hop/one_way/crossfade_coro", of_python,
       "queue_hop/one_way/asyncio"},
      {"timeout beside asyncio", "timeout/alone/crossfade_coro", of_python,
       "timeout/alone/asyncio"},
      {"socket ping-pong beside gevent", "socket/ping_pong/crossfade_fiber", of_python_with_kernel,
       "socket/ping_pong/gevent"},
      {"HTTP beside gevent", "http/hello/crossfade_fiber", of_python_with_kernel,
       "http/hello/gevent"},
      {"socket ping-pong beside asyncio", "socket/ping_pong/crossfade_coro", of_python_with_kernel,
       "socket/ping_pong/asyncio"},
      {"HTTP beside asyncio", "http/hello/crossfade_coro", of_python_with_kernel,
       "http/hello/asyncio"},
  };
  return all;
}

std::string marks_as_json() {
  auto list = nlohmann::json::array();
  for (const mark& m : marks()) {
    list.push_back({{"text", m.text},
                    {"measured", m.measured},
                    {"times", m.times},
                    {"limit", m.limit},
                    {"plus", m.plus}});
  }
  return list.dump();
}

}  // namespace crossfade::benchmarks
