#!/usr/bin/env bats
# The store on a PostgreSQL server of our own, in a folder that is gone afterwards, on a socket alone.

setup_file() {
    bin=$(dirname "$(find /usr/lib/postgresql -name pg_ctl 2>/dev/null | sort | tail -n 1)")
    [ -x "$bin/pg_ctl" ] || skip "PostgreSQL's server is not installed"
    folder=$(mktemp -d /tmp/ogive-postgres-XXXXXX)
    export bin folder
    as_owner=
    if [ "$(id -u)" -eq 0 ]; then # the server refuses to run as root
        chown postgres "$folder"
        as_owner='runuser -u postgres --'
    fi
    export as_owner
    cd "$folder" || return 1
    $as_owner "$bin/initdb" -D "$folder/data" -A trust -U ogive --no-sync >"$folder.log" 2>&1
    $as_owner "$bin/pg_ctl" -w -D "$folder/data" -l "$folder/server.log" \
        -o "-c listen_addresses='' -k $folder -c fsync=off" start >>"$folder.log" 2>&1
    export url="postgresql:///postgres?host=$folder&user=ogive"
}

teardown_file() {
    [ -n "$folder" ] || return 0
    cd "$folder"
    $as_owner "$bin/pg_ctl" -w -m immediate -D "$folder/data" stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$folder" "$folder.log"
}

@test "the store works on PostgreSQL as on SQLite" {
    OGIVE_TEST_POSTGRES=$url "$OGIVE_BUILD/tests/unit.study.test_store" >"$BATS_TEST_TMPDIR/log" 2>&1 || {
        cat "$BATS_TEST_TMPDIR/log"
        false
    }
    grep -q '^ok 8 ' "$BATS_TEST_TMPDIR/log" || grep -q 'PASSED.*8 test' "$BATS_TEST_TMPDIR/log"
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
    (cd "$folder" && $as_owner "$bin/pg_ctl" -w -m immediate -D "$folder/data" stop >/dev/null 2>&1)
    sleep 5
    (cd "$folder" && $as_owner "$bin/pg_ctl" -w -D "$folder/data" -l "$folder/server.log" \
        -o "-c listen_addresses='' -k $folder -c fsync=off" start >/dev/null 2>&1)
    wait $process
    [ -s away/report.html ]
}
