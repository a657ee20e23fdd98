#pragma once

namespace crossfade::detail {

/// An operation of I/O that keeps no loop from finding that nothing is left to run. Called on the
/// hub.
class background_io {
 public:
  background_io(const background_io&) = delete;
  background_io& operator=(const background_io&) = delete;
  virtual ~background_io() = default;

  /// Takes the operation back, for the loop to see whether there is any other.
  virtual void pause() = 0;
  /// Starts it again; what came meanwhile is not lost.
  virtual void resume() = 0;

 protected:
  background_io() = default;
};

}  // namespace crossfade::detail
