# The HTML report: web/ and a charting library are embedded into room_report (docs/adr/0007-charting-library.md).
option(OGIVE_PAGE "Build the HTML report (needs Chart.js: Debian's libjs-chart.js)" ON)
if(NOT OGIVE_PAGE OR NOT TARGET room_report)
  return()
endif()

find_file(OGIVE_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist NO_DEFAULT_PATH
          DOC "Chart.js 3, minified")
if(NOT OGIVE_CHART_JS)
  message(FATAL_ERROR "Chart.js was not found. Install libjs-chart.js, give its file with -DOGIVE_CHART_JS=..., "
                      "or build without the HTML report (-DOGIVE_PAGE=OFF).")
endif()

# In the order in which they run.
set(og_page_scripts texts format dom theme charts study verdict search advice results ranking curves runs cost target activations health pictures
    method tuned main)
list(TRANSFORM og_page_scripts PREPEND ${PROJECT_SOURCE_DIR}/web/)
list(TRANSFORM og_page_scripts APPEND .js)
set(og_page_script ${CMAKE_CURRENT_BINARY_DIR}/generated/page.js)
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated)
add_custom_command(OUTPUT ${og_page_script} COMMAND ${CMAKE_COMMAND} -E cat ${og_page_scripts} > ${og_page_script}
                   DEPENDS ${og_page_scripts} COMMENT "Joining the page's scripts" VERBATIM)

og_embed(room_report page_html ${PROJECT_SOURCE_DIR}/web/page.html)
og_embed(room_report page_style ${PROJECT_SOURCE_DIR}/web/style.css)
og_embed(room_report page_scripts ${og_page_script})
og_embed(room_report page_library ${OGIVE_CHART_JS})
target_sources(room_report PRIVATE ${og_page_script})
target_compile_definitions(room_report PRIVATE OG_PAGE)
