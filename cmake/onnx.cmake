# ONNX's own schema, compiled to C messages for src/format/onnx.c.
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
find_program(PROTOC_C protoc-c REQUIRED)
find_path(ONNX_SCHEMA onnx/onnx.proto REQUIRED)
set(og_onnx ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${og_onnx})
add_custom_command(OUTPUT ${og_onnx}/onnx.pb-c.c ${og_onnx}/onnx.pb-c.h
                   COMMAND ${PROTOC_C} --proto_path=${ONNX_SCHEMA}/onnx --c_out=${og_onnx} onnx.proto
                   DEPENDS ${ONNX_SCHEMA}/onnx/onnx.proto COMMENT "Compiling the schema of ONNX")
target_sources(room_format PRIVATE ${og_onnx}/onnx.pb-c.c ${og_onnx}/onnx.pb-c.h)
target_include_directories(room_format SYSTEM PRIVATE ${og_onnx})
target_link_libraries(room_format PRIVATE PkgConfig::PROTOBUF_C)
target_link_libraries(ogive_objects INTERFACE PkgConfig::PROTOBUF_C)
