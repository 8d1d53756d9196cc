# For every test of the command line: a folder of its own, a tiny data set, and checks with readable failures.

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    tests=$OGIVE_SOURCE_DIR/tests/cli
    quick='--width 4 --depth 2 --epochs 2 --batch 4 --threads 1' # threads that wait for one another are slow on a busy machine
}

# A data set of bright disks: tiny FOLDER [COUNT [SIZE]]
tiny() {
    "$tests/make_data.py" "$@"
}

# rejects CODE TEXT COMMAND...: the command ends with CODE and says TEXT, in one piece, on standard error alone.
rejects() {
    local code=$1 text=$2 found=0
    shift 2
    "$@" >out 2>err || found=$?
    if [ "$found" -ne "$code" ] || ! grep -qF -- "$text" err || [ -s out ]; then
        echo "command: $*"
        echo "exit code $found, expected $code; expected text: $text"
        echo "standard error: $(cat err)"
        echo "standard output: $(head -n 5 out)"
        return 1
    fi
}

# holds FILTER FILE: the jq filter is true of the JSON document.
holds() {
    jq -e "$1" "$2" >/dev/null || {
        echo "not true: $1"
        head -c 2000 "$2"
        return 1
    }
}

# No file that a program was still writing is left in a folder.
no_leftovers() {
    local left
    left=$(find "$1" -name '*.part*' -o -name '*.tmp*')
    [ -z "$left" ] || {
        echo "left behind: $left"
        return 1
    }
}

# For tests of a process's memory: a sanitizer's build needs several times as much.
measures_memory() {
    [ -z "${ASAN_OPTIONS+set}${UBSAN_OPTIONS+set}" ] || skip "sanitizers keep memory of their own"
}

# builds PAGE SECTION: a report's page builds without an error, has a section, and shows no value that is none.
builds() {
    chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=10000 --dump-dom "file://$PWD/$1" >dom 2>/dev/null
    grep -q 'data-errors="\[\]"' dom
    grep -q 'data-ready="yes"' dom
    grep -q "<section id=\"$2\"" dom
    if grep -oE '>(null|undefined|NaN)<' dom || grep -oE '</p>(null|undefined)' dom; then
        return 1
    fi
}
