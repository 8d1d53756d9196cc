#!/usr/bin/env bats
# Several processes on one study: shares of the cores, deaths, joining, and what Optuna's tables say afterwards.

load setup

study='--acts relu,silu --seeds 3 --width 4 --depth 2 --epochs 25 --batch 4 --threads 1'

same_models() {
    for trial in "$1"/trials/*; do cmp "$trial/model.safetensors" "$2/trials/${trial##*/}/model.safetensors"; done
}

# query STUDY SQL: the first column of each row
query() {
    python3 -c 'import sqlite3, sys
for row in sqlite3.connect("file:" + sys.argv[1] + "/study.db?mode=ro", uri=True).execute(sys.argv[2]): print(row[0])' "$@"
}

@test "two workers give what one gives" {
    tiny data 8 32
    quick_study='--acts relu,silu --seeds 2 --width 4 --depth 2 --epochs 2 --batch 4'
    ogive compare data -o two $quick_study --threads 2 --workers 2 >/dev/null
    ogive compare data -o one $quick_study --threads 1 >/dev/null
    same_models two one
    [ "$(query two "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state = 'COMPLETE'")" -eq 4 ]
    rejects 2 'workers: 3 processes are to share 2 cores' ogive compare data -o three $quick_study --threads 2 --workers 3
}

@test "a worker that is killed is replaced, and nothing is lost or doubled" {
    tiny data 8 32
    ogive compare data -o shared ${study/--threads 1/--threads 2} --workers 2 >/dev/null 2>err &
    process=$!
    worker=
    for _ in $(seq 1000); do # until the second process has finished an epoch of a run of its own
        worker=$(pgrep -P $process -x ogive || true)
        [ -z "$worker" ] || [ "$(find shared -name log.jsonl | wc -l)" -lt 2 ] || break
        sleep 0.02
    done
    kill -KILL "$worker"
    wait $process
    ogive compare data -o straight $study >/dev/null
    same_models shared straight
    [ "$(query shared "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state = 'COMPLETE'")" -eq 6 ]
    [ "$(query shared "SELECT COUNT(DISTINCT value_json) FROM trial_user_attributes JOIN trials USING (trial_id) WHERE study_id = 1 AND key = 'ogive:run'")" -eq 6 ]
    [ "$(query shared "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state = 'FAIL'")" -le 1 ]
    no_leftovers shared
}

@test "a worker joins a study that was stopped, and finishes it" {
    tiny data 8 32
    ogive compare data -o joined $study >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ -z "$(find joined -name log.jsonl 2>/dev/null)" ] || break
        sleep 0.02
    done
    kill -INT $process
    wait $process || true
    [ "$(query joined "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state = 'WAITING'")" -ge 4 ]
    ogive worker joined --threads 1 -q
    [ "$(query joined "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state = 'COMPLETE'")" -eq 6 ]
    ogive compare data -o joined $study --json | jq -e '.results.runs | length == 6' >/dev/null
}

@test "Ctrl-C stops all workers after a checkpoint, and no attempt is lost" {
    tiny data 8 32
    setsid ogive compare data -o stopped ${study/--threads 1/--threads 2} --workers 2 >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ "$(find stopped -name log.jsonl 2>/dev/null | wc -l)" -lt 2 ] || break
        sleep 0.02
    done
    kill -INT -- -$process # as the terminal does
    wait $process || [ $? -eq 130 ]
    [ "$(query stopped "SELECT COUNT(*) FROM trials WHERE study_id = 1 AND state IN ('RUNNING', 'FAIL')")" -eq 0 ]
    ogive compare data -o stopped $study >/dev/null
    [ "$(query stopped "SELECT MAX(value_json) FROM trial_user_attributes WHERE key = 'ogive:attempt'")" -eq 1 ]
}

@test "worker says what is wrong" {
    rejects 3 'nowhere' ogive worker nowhere
    tiny data 8 32
    ogive compare data -o study --acts relu,silu --seeds 1 $quick >/dev/null
    rm data/images/"$(ls data/images | head -n 1)" data/masks/"$(ls data/masks | head -n 1)"
    rejects 4 'cannot be joined here' ogive worker study
    rejects 2 'mysql://nobody' ogive compare data -o other --acts relu,silu --seeds 1 $quick --store mysql://nobody
}

@test "a result that was removed is made again" {
    tiny data 8 32
    ogive compare data -o study --acts relu,silu --seeds 2 $quick >/dev/null
    cp study/trials/silu-s1/model.safetensors before
    rm -r study/trials/silu-s1
    ogive compare data -o study --acts relu,silu --seeds 2 $quick >/dev/null
    cmp before study/trials/silu-s1/model.safetensors
}

@test "studies of one name do not share a store, and a study keeps its store" {
    tiny data 8 32
    ogive compare data -o a/study --acts relu,silu --seeds 1 $quick --store runs.db >/dev/null
    rejects 2 "holds another study of the name 'study'" \
        ogive compare data -o b/study --acts relu,silu --seeds 1 $quick --store runs.db
    ogive compare data -o a/study --acts relu,silu --seeds 2 $quick >/dev/null # goes on in runs.db
    [ ! -e a/study/study.db ]
    rejects 2 'store was' ogive compare data -o a/study --acts relu,silu --seeds 2 $quick --store other.db
    mkdir elsewhere
    (cd elsewhere && ogive worker ../a/study -q --threads 1) # data and store are found from any folder
    [ ! -e elsewhere/runs.db ]
}

@test "a race has three activations or more" {
    tiny data 8 32
    rejects 2 'at least three' ogive compare data -o race --acts relu,silu --seeds 5 --race $quick
}

@test "study workers says who works on what, and what was lost" {
    tiny data 8 32
    longer='--acts relu,silu --seeds 2 --width 4 --depth 2 --epochs 120 --batch 4 --threads 1'
    ogive compare data -o study $longer >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ -z "$(find study -name log.jsonl 2>/dev/null)" ] || break
        sleep 0.02
    done
    ogive study workers study --json >roster
    holds ".running | length == 1 and .[0].attempt == 1 and .[0].gone == false and .[0].beat_age_s < 30" roster
    holds ".running[0].worker | endswith(\":$process\")" roster
    holds '.waiting == 3 and .complete == 0 and .failed == []' roster
    kill -KILL $process
    wait $process || true
    ogive study workers study | grep -q "relu-s0 .*:$process (gone)"
    ogive study resume study -q --threads 1 >/dev/null
    ogive study workers study --json >roster
    holds '.running == [] and .waiting == 0 and .complete == 4' roster
    holds '.failed | length == 1 and (.[0].reason | contains("its worker was lost"))' roster
    ogive study workers study | grep -q 'relu-s0, attempt 1 by'
    rejects 3 'nowhere' ogive study workers nowhere
}

@test "study resume ends as the command itself does" {
    tiny data 8 32
    ogive compare data -o resumed $study >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ "$(find resumed -name log.jsonl 2>/dev/null | wc -l)" -lt 2 ] || break
        sleep 0.02
    done
    kill -INT $process
    wait $process || true
    (cd / && ogive study resume "$BATS_TEST_TMPDIR/resumed" -q --threads 1 --json) >answer
    ogive study resume resumed --threads 1 2>said >/dev/null
    grep -q 'nothing was left to run' said
    holds '.results.verdict.blocks == 3' answer
    [ -s resumed/report.html ]
    ogive compare data -o straight $study >/dev/null
    same_models resumed straight
    [ "$(jq -S .results resumed/report.json)" = "$(jq -S .results straight/report.json)" ]
    mv data elsewhere
    rejects 3 'data' ogive study resume resumed -q
}

@test "a Slurm job that is stopped is queued again, and goes on" {
    tiny data 8 32
    mkdir bin
    printf '#!/bin/sh\necho "$@" >>requeued\n' >bin/scontrol
    chmod +x bin/scontrol
    PATH=$PWD/bin:$PATH SLURM_JOB_ID=77 SLURM_CPUS_PER_TASK=1 \
        "$OGIVE_SOURCE_DIR/examples/slurm-study.sh" data study ${study/--threads 1/} >/dev/null 2>&1 &
    job=$!
    for _ in $(seq 1000); do
        [ -z "$(find study -name log.jsonl 2>/dev/null)" ] || break
        sleep 0.02
    done
    kill -TERM $job
    wait $job
    [ "$(cat requeued)" = 'requeue 77' ]
    PATH=$PWD/bin:$PATH SLURM_ARRAY_JOB_ID=78 SLURM_ARRAY_TASK_ID=3 SLURM_CPUS_PER_TASK=1 \
        "$OGIVE_SOURCE_DIR/examples/slurm-workers.sh" study
    [ "$(cat requeued)" = 'requeue 77' ] # it ended by itself
    ogive study workers study --json >roster
    holds '.complete == 6 and .failed == []' roster
}
