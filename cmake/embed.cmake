# og_embed(TARGET NAME FILE): put a file's bytes into a target as `const char og__embed_NAME[]`, followed by a NUL,
# and `const unsigned long og__embed_NAME_size` (without the NUL).
function(og_embed target name file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embed/${name}.S)
  file(WRITE ${source}.new "
    .section .rodata
    .global og__embed_${name}
    .hidden og__embed_${name}
    .balign 16
og__embed_${name}:
    .incbin \"${file}\"
1:  .byte 0
    .global og__embed_${name}_size
    .hidden og__embed_${name}_size
    .balign 8
og__embed_${name}_size:
    .quad 1b - og__embed_${name}
    .section .note.GNU-stack,\"\",%progbits
")
  file(COPY_FILE ${source}.new ${source} ONLY_IF_DIFFERENT)
  set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
