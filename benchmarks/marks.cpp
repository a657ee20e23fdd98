#include "marks.hpp"

namespace crossfade::benchmarks {

// The limit of a yield is the same pattern with nothing but the resume or jump and an intrusive
// queue.
const std::vector<mark>& marks() {
  static const std::vector<mark> all{
      {"coroutine yields, 2 tasks", "yield/2_tasks/crossfade_coro", 1.6,
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
  };
  return all;
}

}  // namespace crossfade::benchmarks
