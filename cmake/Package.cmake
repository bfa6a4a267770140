# The Debian package: `./dev package` builds and tries it. What only the package needs is left out of `cmake --install`.
find_program(GZIP gzip)
if(NOT GZIP OR NOT TARGET onecode)
  return()
endif()

function(onecode_package file destination)
  install(FILES ${file} DESTINATION ${destination} COMPONENT package EXCLUDE_FROM_ALL ${ARGN})
endfunction()

# Debian wants these compressed, and the same bytes whenever they are made.
function(onecode_package_compressed file destination name)
  set(out ${PROJECT_BINARY_DIR}/package/${name})
  execute_process(COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/${file} OUTPUT_FILE ${out} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  onecode_package(${out} ${destination})
endfunction()

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
onecode_package(deploy/systemd/onecode.service /usr/lib/systemd/system)
onecode_package(deploy/debian/onecode.toml /etc/onecode)
onecode_package(deploy/debian/copyright /usr/share/doc/onecode)
onecode_package_compressed(deploy/debian/changelog /usr/share/doc/onecode changelog.gz)
onecode_package_compressed(deploy/debian/onecode.1 /usr/share/man/man1 onecode.1.gz)
onecode_package_compressed(deploy/debian/onecode-verify.1 /usr/share/man/man1 onecode-verify.1.gz)
onecode_package(monitoring/prometheus/onecode.rules.yml /usr/share/onecode/prometheus)
install(DIRECTORY monitoring/grafana/dashboards monitoring/grafana/provisioning DESTINATION /usr/share/onecode/grafana
        COMPONENT package EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME onecode)
set(CPACK_PACKAGE_CONTACT "onecode maintainers <maintainers@onecode.invalid>" CACHE STRING "who answers for the package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "misuse engine behind a university's one code")
set(CPACK_PACKAGE_DESCRIPTION "Reads every scan of a campus code from Kafka, answers each with exactly one
decision (allow, deny or challenge), and gathers evidence when a code or a
reader is used against the rules.
.
This package holds the engine, onecode-verify for its logs, a systemd unit for one node, and Prometheus
rules and Grafana dashboards for it. It needs a Kafka, on this machine or
elsewhere.")
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/package)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};onecode;ALL;/;${PROJECT_BINARY_DIR};onecode;package;/")
set(CPACK_SET_DESTDIR ON) # /etc is not below /usr
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON) # `./dev package` keeps the line tables beside the package
foreach(file postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/${file})
endforeach()
include(CPack)
