# What `make install` puts where. Manual pages and completion are printed by the program itself, so they cannot disagree
# with it.
set(pages ${PROJECT_BINARY_DIR}/man)
set(completion ${PROJECT_BINARY_DIR}/completion/ogive)
add_custom_command(OUTPUT ${pages}/ogive.1 ${completion}
                   COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
                   COMMAND ogive_cli help --man-pages ${pages}
                   COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion
                   COMMAND ogive_cli help --bash-completion > ${completion}
                   DEPENDS ogive_cli
                   COMMENT "Writing the manual pages")
add_custom_target(manual ALL DEPENDS ${pages}/ogive.1 ${completion})

# The pkg-config file finds everything relative to itself, so that a tree may be moved.
file(RELATIVE_PATH OGIVE_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/ogive.pc.in ogive.pc @ONLY)

install(TARGETS ogive_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ogive LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ogive DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES ${PROJECT_BINARY_DIR}/ogive.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATADIR}/ogive FILES_MATCHING PATTERN "*.yaml")
install(FILES LICENSE README.md README.zh-CN.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
