#include <flags/file.hpp>

int main(int, char** argv) {
  crossfade::flags::file flags{argv[1]};
  return flags.chooser()("prices") == "coro" ? 0 : 1;
}
