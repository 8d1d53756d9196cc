#!/usr/bin/env bats
# ogive tune: its files, several processes, going on after a kill, and what is said of wrong requests.

load setup

small='--acts leaky_relu,elu --trials 5 --seeds 1 --confirm 1 --width 4 --depth 2 --epochs 3 --batch 4 --threads 1'

@test "tune writes the report, prints a verdict and a command that trains" {
    tiny data 8 32
    ogive tune data -o tuned $small >out.txt 2>err
    grep -qF "$(jq -r .results.verdict.text tuned/report.json)" out.txt
    holds '.results.trials | length == 5' tuned/report.json
    holds '.results.trials[0].as_it_is and .results.trials[0].settings == {"act": "leaky_relu"}' tuned/report.json
    [ -s tuned/report.html ]
    eval "$(jq -r '.results.finalists[0].command' tuned/report.json) --epochs 1 -q" >/dev/null
    [ -e trained/model.safetensors ]
    ogive study export tuned | head -n 1 | grep -q '^"act","id","stage","seed","status","dice"'
    [ "$(ogive study export tuned | grep -c ',"fresh",')" -ge 2 ]
    ogive emit tuned --highest-mean --to c 2>/dev/null | grep -q float
    ogive study show tuned >shown.txt
    grep -qF "$(jq -r .results.verdict.text tuned/report.json)" shown.txt
}

@test "the page of a tuning builds without an error" {
    command -v chromium >/dev/null || skip "no Chromium here"
    tiny data 8 32
    ogive tune data -o tuned $small >/dev/null
    builds tuned/report.html finalists
}

@test "a tuning that was killed goes on to the same results, whatever it was killed in" {
    tiny data 8 32
    ogive tune data -o straight $small --pruner asha --epochs 9 >/dev/null
    for pause in 0.3 0.7 1.2; do
        timeout -s KILL $pause ogive tune data -o killed $small --pruner asha --epochs 9 >/dev/null 2>&1 || true
    done
    ogive tune data -o killed $small --pruner asha --epochs 9 >/dev/null
    cmp <(jq -S .results straight/report.json) <(jq -S .results killed/report.json)
    no_leftovers killed
}

@test "two processes share a tuning, and no run is made twice" {
    tiny data 8 32
    ogive tune data -o two ${small/--threads 1/--threads 2} --workers 2 --trials 7 >/dev/null
    holds '.results.trials | length == 7' two/report.json
    python3 - two/study.db <<'PY'
import json, sqlite3, sys
store = sqlite3.connect(sys.argv[1])
runs = [row[0] for row in store.execute("SELECT value_json FROM trial_user_attributes a JOIN trials t USING (trial_id) JOIN studies s "
                                        "USING (study_id) WHERE a.key = 'ogive:run' AND s.study_name = 'two'")]
assert len(runs) == len(set(runs)) >= 7, runs
states = {row[0] for row in store.execute("SELECT state FROM trials")}
assert states <= {"COMPLETE", "PRUNED"}, states
PY
    timeout 20 ogive worker two --threads 1 -q # nothing is left to do
}

@test "a budget ends the search, and more may be asked for" {
    tiny data 8 32
    ogive tune data -o timed ${small/--trials 5/--budget 2s} >/dev/null
    first=$(jq '.results.trials | length' timed/report.json)
    [ "$first" -ge 2 ]
    rejects 2 'trials: 1 are too few' ogive tune data -o timed $small --trials 1
    ogive tune data -o timed $small --trials $((first + 2)) >/dev/null
    holds ".results.trials | length == $((first + 2))" timed/report.json
}

@test "mistakes are named before anything runs" {
    tiny data 4 16
    rejects 2 "vary: 'colour' is none of lr" ogive tune data -o none $small --vary lr,colour
    rejects 2 "asha" ogive tune data -o none $small --pruner ash
    rejects 2 "budget" ogive tune data -o none $small --budget soon
    rejects 2 "silu" ogive tune data -o none $small --acts sliu
    [ ! -e none ]
    ogive tune data -o study $small --trials 2 --confirm 0 >/dev/null
    rejects 2 "kind was 'tune'" ogive compare data -o study --acts relu,silu --seeds 1 $quick
    rejects 2 'tune.vary' ogive tune data -o study $small --vary lr
}

@test "heads are tuned, each with its own loss" {
    tiny data 8 32
    ogive tune data -o heads $small --acts elu,silu --trials 10 --sampler grid --vary head --pruner none >/dev/null
    holds '[.results.trials[].settings["act-head"] // "softmax"] | unique == ["arctan", "sigmoid", "softmax", "sparsemax"]' heads/report.json
    holds '[.results.trials[] | select(.state == "complete" and .error == null)] | length == 10' heads/report.json
    holds '.head.text == "sparsemax" and .head.loss == "sparsemax loss"' \
        heads/trials/"$(jq -r '[.results.trials[] | select(.settings["act-head"] == "sparsemax")][0].name' heads/report.json)"-s0/result.json
}
