# What we link against. An installed copy wins; a small library that has none is fetched.

include(FetchContent)

# Who adds us as a subdirectory links our targets, and so theirs, from outside of this folder.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

if(CROSSFADE_STATIC_BOOST)
  set(Boost_USE_STATIC_LIBS ON)
endif()
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS context fiber)
find_package(Threads REQUIRED)
if(CROSSFADE_SQLITE)
  find_package(SQLite3 3.35 REQUIRED)
endif()

# GLOBAL is said again: CMake 3.25 stumbles over its own attempt to add it here.
macro(crossfade_require name version repository tag)
  FetchContent_Declare(
    ${name}
    GIT_REPOSITORY https://github.com/${repository}.git
    GIT_TAG ${tag}
    GIT_SHALLOW ON
    SYSTEM
    FIND_PACKAGE_ARGS ${version} GLOBAL)
  FetchContent_MakeAvailable(${name})
endmacro()

# What is fetched is compiled as its authors do.
set(CMAKE_UNITY_BUILD OFF)
set(JSON_Install ON)  # the installed crossfade::flags looks for it
crossfade_require(nlohmann_json 3.11 nlohmann/json v3.11.2)
if(CROSSFADE_BUILD_TESTS OR CROSSFADE_TEST_KIT)
  crossfade_require(GTest 1.12 google/googletest release-1.12.1)
endif()
if(CROSSFADE_BUILD_BENCHMARKS)
  set(BENCHMARK_ENABLE_TESTING OFF)
  crossfade_require(benchmark 1.7 google/benchmark v1.7.1)
endif()
if(CROSSFADE_BUILD_EXAMPLES OR CROSSFADE_TOOL OR CROSSFADE_AB)
  crossfade_require(CLI11 2.1 CLIUtils/CLI11 v2.1.2)
endif()
if(CROSSFADE_BUILD_EXAMPLES)
  crossfade_require(spdlog 1.10 gabime/spdlog v1.10.0)
  # Only its text format: neither its server nor its pushing, and what those need. No version: it
  # installs none.
  set(ENABLE_PULL OFF)
  set(ENABLE_PUSH OFF)
  set(ENABLE_TESTING OFF)
  set(GENERATE_PKGCONFIG OFF)
  crossfade_require(prometheus-cpp "" jupp0r/prometheus-cpp v1.0.1)
endif()
unset(CMAKE_UNITY_BUILD)
