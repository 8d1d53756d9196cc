#!/usr/bin/env bats
# The commands in the documents work: every block marked "sh test" is run, page by page, beside a small data set.

# Print the marked blocks of a page as one script.
blocks() {
    awk '/^```sh test$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}

# In a folder with my-data/ and the repository's examples/: run_page PAGE
run_page() {
    cd "$BATS_TEST_TMPDIR" || return 1
    blocks "$OGIVE_SOURCE_DIR/$1" >script
    [ -s script ] || skip "no marked block"
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" my-data 8 32
    ln -s "$OGIVE_SOURCE_DIR/examples" examples
    sh -eux script
}

@test "the blocks of README.md" {
    run_page README.md
}

@test "the blocks of docs/datasets.md" {
    run_page docs/datasets.md
}

@test "the blocks of docs/formulas.md" {
    run_page docs/formulas.md
}

@test "the reference of functions is what the program writes: run make docs" {
    ogive act document -o "$BATS_TEST_TMPDIR/fresh"
    diff -r "$BATS_TEST_TMPDIR/fresh/activations" "$OGIVE_SOURCE_DIR/docs/activations"
    for page in activations.md activations.zh-CN.md; do
        diff "$BATS_TEST_TMPDIR/fresh/$page" "$OGIVE_SOURCE_DIR/docs/$page"
    done
}

@test "the blocks of docs/emit.md" {
    run_page docs/emit.md
}

@test "the blocks of docs/metrics.md" {
    run_page docs/metrics.md
}

@test "the blocks of docs/prediction.md" {
    run_page docs/prediction.md
}

@test "no page with a marked block was forgotten" {
    cd "$OGIVE_SOURCE_DIR"
    for page in $(grep -l '^```sh test$' *.md docs/*.md | grep -v README.zh-CN.md); do # which runs what README.md runs
        grep -qF "run_page $page" "$BATS_TEST_FILENAME" || { echo "$page"; false; }
    done
}

@test "the blocks of docs/networks.md" {
    run_page docs/networks.md
}

@test "the blocks of docs/workers.md" {
    run_page docs/workers.md
}

@test "the blocks of docs/statistics.md" {
    run_page docs/statistics.md
}

@test "the blocks of docs/racing.md" {
    run_page docs/racing.md
}

@test "the blocks of docs/search.md" {
    run_page docs/search.md
}

@test "the blocks of docs/tuning.md" {
    run_page docs/tuning.md
}
