#include "benchmarks/ab/results.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <boost/version.hpp>

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#ifndef __has_feature  // what g++ does not know
#define __has_feature(feature) 0
#endif

namespace crossfade::ab {
namespace {

std::string cpu_model(const utsname& system) {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t from = line.find_first_not_of(" \t", line.find(':') + 1);
    if (from != std::string::npos) return line.substr(from);
  }
  return system.machine;  // some architectures do not tell more
}

unsigned allowed_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return std::thread::hardware_concurrency();  // more of them than the set has room for
  }
  return static_cast<unsigned>(CPU_COUNT(&allowed));
}

std::uint64_t memory_size() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
             : 0;
}

std::string compiler() {
#ifdef __clang__
  std::string name = "clang++ ";
  const int version[] = {__clang_major__, __clang_minor__, __clang_patchlevel__};
#else
  std::string name = "g++ ";
  const int version[] = {__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__};
#endif
  return name + std::to_string(version[0]) + '.' + std::to_string(version[1]) + '.' +
         std::to_string(version[2]);
}

std::string build() {
#ifdef NDEBUG
  std::string kind = "release";
#ifndef __OPTIMIZE__
  kind += ", not optimised";
#endif
#else
  std::string kind = "debug";
#ifdef __OPTIMIZE__
  kind += ", optimised";
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
  kind += ", address sanitizer";
#endif
#if defined __SANITIZE_THREAD__ || __has_feature(thread_sanitizer)
  kind += ", thread sanitizer";
#endif
  return kind;
}

std::string hashed_host() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  if (id.empty()) return {};
  // machine-id(5) asks not to show it, but what an application makes of it with a key of its own.
  constexpr boost::uuids::uuid ours{{0x58, 0xff, 0xf0, 0x85, 0xf4, 0xc3, 0x42, 0x3b, 0xaa, 0xf5,
                                     0x47, 0x42, 0x30, 0xc5, 0x4a, 0x80}};
  return to_string(boost::uuids::name_generator_sha1(ours)(id));
}

}  // namespace

environment this_environment() {
  utsname system{};
  uname(&system);
  return {.cpu = cpu_model(system),
          .cpus = allowed_cpus(),
          .memory_bytes = memory_size(),
          .kernel = std::string(system.sysname) + ' ' + system.release,
          .compiler = compiler(),
          .build = build(),
          .version = CROSSFADE_VERSION,
          .boost = BOOST_LIB_VERSION,
          .host = hashed_host()};
}

}  // namespace crossfade::ab
