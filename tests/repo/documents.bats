#!/usr/bin/env bats
# The commands in the documents work: every block marked "sh test" is run, page by page, beside a small data set.

# Print the marked blocks of a page as one script.
blocks() {
    awk '/^```sh test$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}

# In a folder with my-data/ and the repository's examples/: run_page PAGE
run_page() {
    cd "$BATS_TEST_TMPDIR" || return 1
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" my-data 8 32
    ln -s "$OGIVE_SOURCE_DIR/examples" examples
    blocks "$OGIVE_SOURCE_DIR/$1" >script
    [ -s script ] || skip "no marked block"
    sh -eux script
}

@test "README.md" {
    run_page README.md
}

@test "docs/formulas.md" {
    run_page docs/formulas.md
}

@test "docs/datasets.md" {
    run_page docs/datasets.md
}

@test "docs/report.md" {
    run_page docs/report.md
}
