# The umbrella target, and the package that find_package(crossfade) finds.

include(CMakePackageConfigHelpers)

get_property(components GLOBAL PROPERTY CROSSFADE_COMPONENTS)

add_library(crossfade INTERFACE)
add_library(crossfade::crossfade ALIAS crossfade)
list(TRANSFORM components PREPEND crossfade:: OUTPUT_VARIABLE libraries)
target_link_libraries(crossfade INTERFACE ${libraries})

set(config ${PROJECT_BINARY_DIR}/crossfadeConfig.cmake)
set(config_version ${PROJECT_BINARY_DIR}/crossfadeConfigVersion.cmake)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/crossfade)
configure_package_config_file(cmake/crossfadeConfig.cmake.in ${config}
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break: 0.1 does not satisfy who asks for 0.2, nor the reverse.
write_basic_package_version_file(${config_version} COMPATIBILITY SameMinorVersion)
install(FILES ${config} ${config_version} DESTINATION ${package_dir})
