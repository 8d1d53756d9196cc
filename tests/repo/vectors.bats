#!/usr/bin/env bats
# What a compiler made of the catalogue's kernels. clang says so itself (-Wpass-failed); gcc keeps silent.

# Functions of an object file that multiply or divide single floats; sums at their ends do not count.
single_floats() {
    objdump -d --no-show-raw-insn "$1" | awk '
        /^[0-9a-f]+ <.*>:$/ { name = $2 }
        $2 ~ /^v?(mul|div|sqrt|fn?m(add|sub)[0-9]*)s[sd]$/ && name !~ /_eval>:$/ { print name }' | sort -u
}

@test "no loop over an activation works on one lane at a time" {
    cd "$OGIVE_BUILD"
    command -v objdump >/dev/null || skip "objdump is not installed"
    grep -q '^CMAKE_BUILD_TYPE:.*=Release' CMakeCache.txt || skip "not a release build"
    objects=$(find CMakeFiles/kernels_avx2.dir CMakeFiles/kernels_avx512.dir -name 'catalogue_*.o') || skip "another processor"
    ! readelf -p .comment $objects | grep -q clang || skip "clang keeps a second loop for arrays that overlap"
    wrong=$(for object in $objects; do single_floats "$object"; done)
    [ -z "$wrong" ] || { printf 'single floats in:\n%s\n' "$wrong"; false; }
}

@test "and the check sees one" {
    command -v objdump >/dev/null || skip "objdump is not installed"
    [ "$(uname -m)" = x86_64 ] || skip "another processor"
    printf 'float f(float x, float y)\n{\n    return x * y;\n}\n' >"$BATS_TEST_TMPDIR/f.c"
    cc -O2 -c "$BATS_TEST_TMPDIR/f.c" -o "$BATS_TEST_TMPDIR/f.o"
    [ "$(single_floats "$BATS_TEST_TMPDIR/f.o")" = "<f>:" ]
}
