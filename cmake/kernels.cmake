# src/kernel/*.isa.c is compiled once per instruction set; OG_ISA names the set, OG_LANES its channel block.
# tools/emit_catalogue.c writes the catalogue's kernels as more such files at build time.
set(og_isas baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND og_isas avx2 avx512)
endif()
set(og_flags_baseline "")
set(og_flags_avx2 -mavx2 -mfma)
set(og_flags_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512)
set(og_lanes_baseline 8)
set(og_lanes_avx2 8)
set(og_lanes_avx512 16)
# Signed zeros, infinities and NaN keep their meaning; only what blocks vectorisation is given up.
# A formula compiled at run time uses the same flags (src/kernel/compile.c), for the same bits.
set(og_kernel_flags -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast)

# Initial weights do not depend on the instruction set.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/kernel/normal.isa.c PROPERTIES COMPILE_OPTIONS -ffp-contract=off)

file(GLOB isa_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kernel/*.isa.c)

if(EXISTS ${PROJECT_SOURCE_DIR}/tools/emit_catalogue.c)
  add_executable(emit_catalogue tools/emit_catalogue.c $<TARGET_OBJECTS:room_base> $<TARGET_OBJECTS:room_format>
                 $<TARGET_OBJECTS:room_act>)
  target_include_directories(emit_catalogue PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(emit_catalogue PRIVATE ogive_flags OpenMP::OpenMP_C PkgConfig::JANSSON PkgConfig::YAML
                        PkgConfig::PROTOBUF_C m)
  set(catalogue_files 6)
  math(EXPR last "${catalogue_files} - 1")
  set(catalogue "")
  foreach(index RANGE ${last})
    list(APPEND catalogue ${CMAKE_CURRENT_BINARY_DIR}/generated/catalogue_${index}.isa.c)
  endforeach()
  add_custom_command(OUTPUT ${catalogue}
                     COMMAND emit_catalogue ${CMAKE_CURRENT_BINARY_DIR}/generated ${catalogue_files}
                     DEPENDS emit_catalogue COMMENT "Emitting the catalogue's kernels")
  list(APPEND isa_sources ${catalogue})
endif()

foreach(isa IN LISTS og_isas)
  if(NOT isa_sources)
    break()
  endif()
  add_library(kernels_${isa} OBJECT ${isa_sources})
  target_include_directories(kernels_${isa} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(kernels_${isa} PRIVATE OG_ISA=${isa} OG_LANES=${og_lanes_${isa}})
  target_compile_options(kernels_${isa} PRIVATE ${og_kernel_flags} ${og_flags_${isa}} -Wno-psabi)
  target_link_libraries(kernels_${isa} PRIVATE ogive_flags OpenMP::OpenMP_C)
  target_sources(ogive_objects INTERFACE $<TARGET_OBJECTS:kernels_${isa}>)
endforeach()

# What compiles a formula at run time: the same sources and the same flags.
og_embed(room_kernel f32_h ${PROJECT_SOURCE_DIR}/src/act/f32.h)
og_embed(room_kernel act_types_h ${PROJECT_SOURCE_DIR}/src/kernel/act_types.h)
og_embed(room_kernel frames_h ${PROJECT_SOURCE_DIR}/src/kernel/frames.h)
list(JOIN og_kernel_flags " " flags)
set(definitions OG_KERNEL_FLAGS="${flags}")
foreach(isa baseline avx2 avx512)
  list(JOIN og_flags_${isa} " " flags)
  string(TOUPPER ${isa} name)
  list(APPEND definitions OG_KERNEL_FLAGS_${name}="${flags}")
endforeach()
set_source_files_properties(src/kernel/compile.c PROPERTIES COMPILE_DEFINITIONS "${definitions}")
