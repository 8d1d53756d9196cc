#!/usr/bin/env bats
# What must hold for the repository itself.

setup() {
    cd "$OGIVE_SOURCE_DIR" || return 1
}

needs_git() {
    git rev-parse --is-inside-work-tree >/dev/null 2>&1 || skip "not a git checkout"
}

@test "every file includes only what it may" {
    scripts/check-layers
}

# Plant a file with one include in a copy of the two lists' tree: planted PATH INCLUDE
planted() {
    mkdir -p "$BATS_TEST_TMPDIR/tree/scripts" "$BATS_TEST_TMPDIR/tree/$(dirname "$1")"
    cp scripts/layers.txt scripts/dependencies.txt "$BATS_TEST_TMPDIR/tree/scripts/"
    printf '#include %s\n' "$2" >"$BATS_TEST_TMPDIR/tree/$1"
    scripts/check-layers "$BATS_TEST_TMPDIR/tree"
}

@test "the layer check sees each kind of violation" {
    planted src/net/good.c '"base/text.h"'
    ! planted src/net/bad.c '"train/metrics.h"' >said
    grep -q 'src/net/bad.c:1: train/metrics.h: src/train stands above src/net' said
    rm -r "$BATS_TEST_TMPDIR/tree" said
    ! planted include/ogive/bad.h '"base/text.h"'
    rm -r "$BATS_TEST_TMPDIR/tree"
    ! planted app/cli/bad.c '"base/text.h"'
    rm -r "$BATS_TEST_TMPDIR/tree"
    ! planted src/train/bad.c '<oneapi/dnnl/dnnl.h>'
    rm -r "$BATS_TEST_TMPDIR/tree"
    ! planted src/base/bad.c '<curl/curl.h>'
    rm -r "$BATS_TEST_TMPDIR/tree"
    ! planted src/cellar/bad.c '<stdio.h>'
}

@test "nothing generated and no data is committed" {
    needs_git
    ! git ls-files | grep -E '\.(o|so|a|pyc|1|safetensors|onnx|nii|nii\.gz|jsonl)$|^(build|demo)/|report\.html$'
    ! git ls-files -z | xargs -0 -r du -k | awk '$1 > 500' | grep .
}

@test "the sources are formatted" {
    needs_git
    command -v clang-format >/dev/null || skip "clang-format is not installed"
    wrong=$(git ls-files '*.c' '*.h' | while read -r file; do
        clang-format --dry-run --Werror "$file" 2>/dev/null || echo "$file"
    done)
    [ -z "$wrong" ] || { printf 'make format would change:\n%s\n' "$wrong"; false; }
}

@test "public headers can each be included alone" {
    for header in include/ogive/*.h; do
        echo "#include <ogive/$(basename "$header")>" | cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c -
    done
}

@test "every source file has a place among the rooms" {
    for folder in src/*/; do grep -qx "${folder%/}" scripts/layers.txt; done
}

@test "links in the documents lead somewhere" {
    missing=0
    for page in README.md README.zh-CN.md CONTRIBUTING.md docs/*.md docs/adr/*.md; do
        for link in $(grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//'); do
            [ -e "$(dirname "$page")/$link" ] || { echo "$page: $link"; missing=1; }
        done
    done
    [ "$missing" -eq 0 ]
}

@test "both READMEs run the same commands" {
    commands() { awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on { sub(/ *#.*/, ""); print }' "$1"; }
    diff <(commands README.md) <(commands README.zh-CN.md)
}

@test "the example scripts are sound" {
    for script in examples/*.sh; do
        sh -n "$script"
        [ -x "$script" ]
    done
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    shellcheck examples/*.sh
}
