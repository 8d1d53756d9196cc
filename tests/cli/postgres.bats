#!/usr/bin/env bats
# The store on a PostgreSQL server.

load postgres

setup_file() {
    postgres_setup || skip "PostgreSQL's server is not installed"
}

teardown_file() {
    postgres_teardown
}

@test "the store works on PostgreSQL as on SQLite" {
    OGIVE_TEST_POSTGRES=$url "$OGIVE_BUILD/tests/unit.study.test_store" >"$BATS_TEST_TMPDIR/log" 2>&1 || {
        cat "$BATS_TEST_TMPDIR/log"
        false
    }
    grep -q '^ok 11 ' "$BATS_TEST_TMPDIR/log" || grep -q 'PASSED.*11 test' "$BATS_TEST_TMPDIR/log"
}

@test "a study in PostgreSQL has the results of one in SQLite" {
    cd "$BATS_TEST_TMPDIR"
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" data 8 32
    quick='--acts relu,silu --seeds 2 --width 4 --depth 2 --epochs 2 --batch 4'
    ogive compare data -o server $quick --threads 2 --workers 2 --store "$url" >/dev/null
    ogive compare data -o file $quick --threads 1 >/dev/null
    [ ! -e server/study.db ]
    for trial in server/trials/*; do cmp "$trial/model.safetensors" "file/trials/${trial##*/}/model.safetensors"; done
}

@test "a server that is gone for a while is waited for" {
    cd "$BATS_TEST_TMPDIR"
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" data 8 32
    ogive compare data -o away --acts relu,silu --seeds 2 --width 8 --depth 2 --epochs 20 --batch 2 --threads 1 \
        --store "$url" >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ -z "$(find away -name log.jsonl 2>/dev/null)" ] || break
        sleep 0.02
    done
    postgres_stop immediate
    sleep 5
    postgres_start
    wait $process
    [ -s away/report.html ]
}

@test "commits whose answer is lost are found done: no run waits for its grace, none is done twice" {
    cd "$BATS_TEST_TMPDIR"
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" data 8 32
    proxy=$(mktemp -d /tmp/ogive-proxy-XXXXXX)
    python3 "$OGIVE_SOURCE_DIR/tests/cli/forgetful_proxy.py" "$proxy" "$folder" 3 3>&- &
    process=$!
    for _ in $(seq 500); do
        [ ! -S "$proxy/.s.PGSQL.5432" ] || break
        sleep 0.02
    done
    OMP_NUM_THREADS=1 timeout 120 ogive compare data -o forgotten --acts relu,silu --seeds 3 --width 4 --depth 2 --epochs 2 \
        --batch 4 --threads 2 --workers 2 --store "postgresql:///postgres?host=$proxy&user=ogive" >/dev/null
    kill $process
    rm -r "$proxy"
    states=$(psql "$url" -At -c "SELECT t.state, COUNT(*) FROM trials t JOIN studies s ON s.study_id = t.study_id
        WHERE s.study_name = 'forgotten' GROUP BY t.state")
    [ "$states" = 'COMPLETE|6' ] || {
        echo "$states"
        return 1
    }
}

# killed_on_the_way COMMAND...: the study in PostgreSQL is killed thrice and then ends; it says what an undisturbed one in SQLite says.
killed_on_the_way() {
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" data 8 32
    ogive "$1" data -o "$1-file" "${@:2}" >/dev/null
    for pause in 0.4 0.8 1.2; do
        timeout -s KILL $pause ogive "$1" data -o "$1-server" "${@:2}" --store "$url" >/dev/null 2>&1 || true
    done
    ogive "$1" data -o "$1-server" "${@:2}" --store "$url" >/dev/null
    [ ! -e "$1-server/study.db" ]
    cmp <(jq -S .results "$1-file/report.json") <(jq -S .results "$1-server/report.json")
}

@test "a tuning in PostgreSQL that was killed has the results of one in SQLite" {
    cd "$BATS_TEST_TMPDIR"
    killed_on_the_way tune --acts leaky_relu,elu --trials 6 --seeds 2 --confirm 1 --width 4 --depth 2 --epochs 9 --batch 4 --threads 1
}

@test "a search in PostgreSQL that was killed has the results of one in SQLite" {
    cd "$BATS_TEST_TMPDIR"
    killed_on_the_way search --acts relu,silu --budget 10h --candidates 30 --generation 3 --trained 6 --width 4 --depth 2 --epochs 4 \
        --batch 4 --threads 1
}
