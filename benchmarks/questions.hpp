#pragma once

#include "harness.hpp"

namespace crossfade::benchmarks {

// One file a question. Above each is what one operation is.
void add_primitive_rows(suite& rows);
void add_yield_rows(suite& rows);
void add_spawn_join_rows(suite& rows);
void add_uncontended_lock_rows(suite& rows);
void add_contended_lock_rows(suite& rows);
void add_event_wake_rows(suite& rows);
void add_queue_hop_rows(suite& rows);
void add_bridge_rows(suite& rows);
void add_timeout_rows(suite& rows);
void add_choose_rows(suite& rows);
void add_reload_rows(suite& rows);
void add_socket_ping_pong_rows(suite& rows);
void add_http_hello_rows(suite& rows);

}  // namespace crossfade::benchmarks
