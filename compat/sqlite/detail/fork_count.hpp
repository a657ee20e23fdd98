#pragma once

namespace crossfade::sqlite::detail {

/// How often this process has come out of a fork as the child since it was first asked. Any thread.
unsigned fork_count() noexcept;

}  // namespace crossfade::sqlite::detail
