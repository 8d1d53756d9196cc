#!/usr/bin/env bats
# What `make install` puts in place works from there.

setup_file() {
    export stage="$BATS_FILE_TMPDIR/stage"
    DESTDIR=$stage cmake --install "$OGIVE_BUILD" >/dev/null
    prefix=$(dirname "$(dirname "$(find "$stage" -path '*/bin/ogive')")")
    export prefix
    export PKG_CONFIG_PATH="$(dirname "$(find "$stage" -name ogive.pc)")"
}

@test "program, library, headers, manual, completion and examples are there" {
    "$prefix/bin/ogive" --version
    [ -e "$prefix/include/ogive/ogive.h" ]
    [ -e "$prefix/share/man/man1/ogive.1" ]
    [ -e "$prefix/share/man/man1/ogive-act-show.1" ]
    [ -e "$prefix/share/bash-completion/completions/ogive" ]
    [ -e "$prefix/share/ogive/examples/brain-lobes.yaml" ]
    [ -n "$(find "$prefix" -name 'libogive.so.0')" ]
    [ -n "$(find "$prefix" -name LICENSE)" ]
}

@test "a program builds against the installed library with pkg-config" {
    cat >"$BATS_TEST_TMPDIR/program.c" <<'END'
#include <stdio.h>

#include <ogive/ogive.h>

int main(void)
{
    og_act *act;
    float x = 2, y = 0;
    if (og_act_parse("relu", &act) != OG_OK || og_act_eval(act, 1, &x, &y, NULL, NULL) != OG_OK) {
        fprintf(stderr, "%s\n", og_error_text());
        return 1;
    }
    printf("%s %g\n", og_version(), (double)y);
    og_act_free(act);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags ogive) -o "$BATS_TEST_TMPDIR/program" \
        "$BATS_TEST_TMPDIR/program.c" $(pkg-config --libs ogive)
    run env LD_LIBRARY_PATH="$(pkg-config --variable=libdir ogive)" "$BATS_TEST_TMPDIR/program"
    [ "$status" -eq 0 ]
    [ "$output" = "$(pkg-config --modversion ogive) 2" ]
}

@test "the library exports its public functions and nothing else" {
    library=$(find "$prefix" -name 'libogive.so.0')
    ! nm -D --defined-only "$library" | awk '{ print $3 }' | grep -vE '^(og_[a-z]|_edata|_end|__bss_start|_init|_fini)'
}
