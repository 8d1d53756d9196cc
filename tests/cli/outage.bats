#!/usr/bin/env bats
# The store is locked, gone or full for a while, OGIVE_OUTAGE_SECONDS long (make kill-test: half a minute): training goes on
# meanwhile, and the study ends as if nothing had been.

load setup

seconds=${OGIVE_OUTAGE_SECONDS:-2}
study="--acts relu,silu --width 4 --depth 2 --epochs 60 --batch 2 --threads 1 --seeds $((3 + 4 * seconds / 3))" # long enough for an idle machine

epochs_so_far() {
    cat study/trials/*/log.jsonl 2>/dev/null | wc -l
}

# outage BEGIN END: run a study whose store is store/runs.db; call BEGIN in the middle of it, and END when it was long enough.
outage() {
    tiny data 8 32
    mkdir -p store
    ogive compare data -o study $study --store store/runs.db >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ "$(epochs_so_far)" -lt 5 ] || break
        sleep 0.02
    done
    $1
    before=$(epochs_so_far)
    sleep "$seconds"
    after=$(epochs_so_far)
    kill -0 $process || { cat err; return 1; } # it has not ended meanwhile
    $2
    wait $process || {
        cat err
        return 1
    }
    echo "$before epochs when it began, $after when it ended"
    [ "$after" -gt "$before" ]
    ogive compare data -o straight $study >/dev/null
    for trial in straight/trials/*; do cmp "$trial/model.safetensors" "study/trials/${trial##*/}/model.safetensors"; done
    python3 - <<'END'
import sqlite3
states = [state for state, in sqlite3.connect("store/runs.db").execute("SELECT state FROM trials WHERE study_id = 1")]
assert states and set(states) == {"COMPLETE"}, states
values = sqlite3.connect("store/runs.db").execute("SELECT COUNT(*) FROM trial_intermediate_values").fetchone()[0]
assert values == 60 * len(states), f"{values} epochs of {len(states)} runs are in the store"
END
}

lock_store() {
    python3 -c 'import sqlite3, time
database = sqlite3.connect("store/runs.db", isolation_level=None, timeout=30)
database.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
time.sleep(1000)' &
    locker=$!
    for _ in $(seq 500); do
        [ ! -e locked ] || break
        sleep 0.02
    done
}

unlock_store() {
    kill $locker
}

take_store_away() {
    mv store away
}

bring_store_back() {
    [ ! -e store ] # nobody made another one
    mv away store
}

fill_disk() {
    dd if=/dev/zero of=store/filler bs=4096 2>/dev/null || true
    [ -s store/filler ]
}

clear_disk() {
    rm store/filler
}

@test "a store that is locked for a while" {
    outage lock_store unlock_store
}

@test "a store that is gone for a while" {
    outage take_store_away bring_store_back
}

@test "a store whose disk is full for a while" {
    mkdir store
    mount -t tmpfs -o size=16m tmpfs store 2>/dev/null || skip "no right to mount a small disk"
    outage fill_disk clear_disk
}

teardown() {
    umount "$BATS_TEST_TMPDIR/store" 2>/dev/null || true
}
