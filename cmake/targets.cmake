# How a target of ours is made: every library and every test goes through here.

include(GNUInstallDirs)
include(GoogleTest)

# Linked by everything we compile, required of nobody who uses us.
add_library(crossfade_warnings INTERFACE)
target_compile_options(crossfade_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion
                                                    $<$<BOOL:${CROSSFADE_WERROR}>:-Werror>)
# To g++ the files of a unity build are headers, where a local type in a frame would be a mistake; and
# what one of them calls something at its outermost is hidden by whatever another calls so.
target_compile_options(
  crossfade_warnings
  INTERFACE
    "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-subobject-linkage;-Wno-shadow>")

# Part of our usage in the build tree: code is instrumented as a whole or reports nonsense.
add_library(crossfade_sanitizers INTERFACE)
if(CROSSFADE_SANITIZE)
  set(flags -fsanitize=${CROSSFADE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_compile_options(crossfade_sanitizers INTERFACE ${flags})
  target_link_options(crossfade_sanitizers INTERFACE ${flags})
  if(CROSSFADE_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It warns of each fence in Asio's headers, which stands beside the mutex that orders the accesses,
    # and g++ 12, where it has instrumented std::string, of copies out of bounds that there are not.
    target_compile_options(crossfade_sanitizers INTERFACE -Wno-tsan -Wno-array-bounds -Wno-restrict
                                                           -Wno-stringop-overflow)
  endif()
  if(CROSSFADE_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # A fiber's first function, which is Boost.Context's, is entered on the stack of who makes it and goes
    # on on its own: its variables would be looked for in the wrong one of the stacks for variables that
    # are used after their function has returned. g++ makes those only when asked to.
    target_compile_options(crossfade_sanitizers INTERFACE -fsanitize-address-use-after-return=never)
  endif()
  # How our programs are run, by ctest too.
  set(CMAKE_CROSSCOMPILING_EMULATOR ${PROJECT_SOURCE_DIR}/cmake/without_aslr)
endif()

# crossfade_add_library(<name> SOURCES a.cpp... HEADERS a.hpp... [PUBLIC libs...] [PRIVATE libs...])
#
# Makes crossfade::<name>, built or installed. Paths are relative to the calling folder; headers are
# included by their path from the root of the source tree.
function(crossfade_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  set(target crossfade_${name})
  add_library(${target} ${arg_SOURCES})
  add_library(crossfade::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                                  FILES ${arg_HEADERS})
  target_link_libraries(
    ${target}
    PUBLIC ${arg_PUBLIC} $<BUILD_INTERFACE:crossfade_sanitizers>
    PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:crossfade_warnings>)
  install(
    TARGETS ${target}
    EXPORT ${target}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/crossfade)
  install(
    EXPORT ${target}
    FILE crossfade-${name}.cmake
    NAMESPACE crossfade::
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crossfade)
  set_property(GLOBAL APPEND PROPERTY CROSSFADE_COMPONENTS ${name})
endfunction()

# crossfade_add_tests(<name> SOURCES x_test.cpp... LIBRARIES crossfade::flags...)
#
# Makes crossfade_<name>_tests, one GoogleTest program; ctest knows its cases as
# <name>.<Suite>.<Case>. With a sanitizer, whose start takes longer than most cases, it knows <name>.
function(crossfade_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  set(target crossfade_${name}_tests)
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} crossfade_test_base)
  target_precompile_headers(${target} REUSE_FROM crossfade_test_base)
  if(CROSSFADE_SANITIZE)
    add_test(NAME ${name} COMMAND ${target})
  else()
    gtest_discover_tests(${target} TEST_PREFIX ${name}. NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
