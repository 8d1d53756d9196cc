#!/usr/bin/env bats
# ogive compare: the study's files, equal results for equal questions, and going on after a kill.

load setup

@test "compare writes the report, prints a table and a verdict" {
    tiny data 8 32
    ogive compare data -o study --acts 'relu, leaky_relu(a=0.2), x*sigmoid(x)' --seeds 2 $quick >out.txt 2>err
    [ ! -s err ]
    grep -q 'leaky_relu(a = 0.2)' out.txt
    [ -s study/report.html ]
    holds '.results.acts | length == 3' study/report.json
    tr -s ' \n' ' ' <out.txt | grep -qF "$(jq -r .results.verdict.text study/report.json)"
    ogive compare data -o study --acts 'relu, leaky_relu(a=0.2), x*sigmoid(x)' --seeds 2 $quick --json >again.json
    cmp <(jq -S .results again.json) <(jq -S .results study/report.json)
}

@test "the same compare twice gives the same results" {
    tiny data 8 32
    ogive compare data -o a --acts relu,silu --seeds 2 $quick --data-threads 0 >/dev/null
    ogive compare data -o b --acts relu,silu --seeds 2 $quick --data-threads 3 >/dev/null
    cmp <(jq -S .results a/report.json) <(jq -S .results b/report.json)
    for trial in a/trials/*; do cmp "$trial/model.safetensors" "b/trials/${trial##*/}/model.safetensors"; done
}

# Start a study in the background and wait until its second run has finished an epoch.
start_study() {
    tiny data 8 32
    slow='--acts relu,silu --seeds 2 --width 8 --depth 2 --epochs 40 --batch 2 --threads 1'
    ogive compare data -o stopped $slow >/dev/null 2>err &
    process=$!
    for _ in $(seq 1000); do
        [ "$(find stopped -name log.jsonl 2>/dev/null | wc -l)" -lt 2 ] || return 0
        sleep 0.02
    done
    false
}

@test "a study that was killed with SIGKILL goes on to the same results" {
    start_study
    kill -KILL $process
    wait $process || true
    [ ! -e stopped/report.json ]
    ogive compare data -o stopped $slow >/dev/null
    ogive compare data -o straight $slow >/dev/null
    cmp <(jq -S .results stopped/report.json) <(jq -S .results straight/report.json)
    no_leftovers stopped
}

@test "Ctrl-C stops a study, which the same command continues" {
    start_study
    kill -INT $process
    code=0
    wait $process || code=$?
    [ "$code" -eq 130 ]
    grep -q 'the same command goes on' err
    no_leftovers stopped
    ogive compare data -o stopped $slow --json >after.json
    holds '.results.runs | length == 4' after.json
}

@test "another question in the same folder is refused, more seeds are welcome" {
    tiny data 8 32
    ogive compare data -o study --acts relu,silu --seeds 1 $quick >/dev/null
    rejects 2 "width" ogive compare data -o study --acts relu,silu --seeds 1 $quick --width 8
    ogive compare data -o study --acts relu,silu --seeds 2 $quick --json >more.json
    holds '.results.seeds | length == 2' more.json
}

@test "mistakes in the list of activations are named before anything runs" {
    tiny data 4 16
    rejects 2 "silu" ogive compare data -o study --acts relu,sliu $quick
    rejects 2 "relu" ogive compare data -o study --acts relu,relu $quick
    rejects 2 "" ogive compare data -o study --acts '' $quick
    rejects 5 "activation 2 of the list" ogive compare data -o study --acts 'relu,sign(x)' $quick
    [ ! -e study ]
}

@test "places that are given another activation keep it in every run" {
    tiny data 6 16
    ogive compare data -o study --acts relu,silu --seeds 1 $quick --act-encoder mish --act-stage 1=elu >/dev/null
    holds '.question.train["act-encoder"] == "mish" and .question.train["act-stage"] == "1=elu"' study/study.json
    holds '[.acts[].text] == ["mish", "elu", "silu", "silu", "elu"]' study/trials/silu-s0/result.json
    ogive compare data -o study --acts relu,silu --seeds 1 $quick --act-stage ' 1 = elu' --act-encoder mish >/dev/null
    rejects 2 "act-encoder" ogive compare data -o study --acts relu,silu --seeds 1 $quick --act-stage 1=elu
    rejects 2 "stand nowhere" ogive compare data -o none --acts relu,silu $quick --act-encoder mish --act-decoder mish \
        --act-bottleneck mish
    rejects 2 "unknown option '--act'" ogive compare data -o none --acts relu,silu $quick --act elu
}

@test "a budget ends the study after the seeds that fit, and a larger one goes on" {
    tiny data 6 16
    tiny_study='--acts relu,silu --width 4 --depth 2 --epochs 20 --batch 2 --threads 1'
    ogive compare data -o study $tiny_study --budget 6s >said
    grep -q 'budget of 6s allowed' said
    holds '.results.seeds | length >= 1 and length < 100' study/report.json
    seeds=$(jq '.results.seeds | length' study/report.json)
    ogive study workers study --json >roster
    holds '.running == [] and .failed == []' roster
    ogive compare data -o study $tiny_study --budget 1h --seeds 100 >/dev/null 2>&1 & # as long as there is something new
    process=$!
    for _ in $(seq 1000); do
        [ "$(find study/trials -name result.json | wc -l)" -le $((2 * seeds + 2)) ] || break
        sleep 0.02
    done
    kill -INT $process
    wait $process || [ $? -eq 130 ]
    ogive study show study --json >shown
    holds ".results.seeds | length > $seeds" shown
    rejects 2 'budget' ogive compare data -o other $tiny_study --budget soon
}

@test "--lr auto finds each activation's own rate on other seeds, and a killed search of it goes on" {
    tiny data 6 16
    rates='--acts relu,tanh --lr auto --seeds 2 --width 2 --depth 1 --epochs 8 --batch 2 --threads 1'
    ogive compare data -o straight $rates >/dev/null
    # every rate that was tried has the mean of its runs, the best was taken, and its neighbours were tried
    python3 - <<'END'
import glob, json, re
report = json.load(open("straight/report.json"))["results"]
seeds = report["question"]["learning_rates"]["seeds"]
assert not set(seeds) & set(report["seeds"]), seeds
for row in report["learning_rates"]:
    means = {}
    for tried in row["tried"]:
        runs = [json.load(open(path)) for path in glob.glob(f"straight/trials/{row['act']}-lr{tried['rate']:.4g}-s*/result.json")]
        assert sorted(run["seed"] for run in runs) == seeds and all(len(run["curve"]) == 2 for run in runs)
        means[tried["rate"]] = sum(run["scores"]["mean_dice"] for run in runs) / len(runs)
        assert abs(means[tried["rate"]] - tried["dice"]) < 1e-12, tried
    assert row["rate"] == min(rate for rate in means if means[rate] == max(means.values())), row
    assert {row["rate"] / 2, row["rate"] * 2} <= set(means), row
    assert row["shared_dice"] == means[report["question"]["learning_rates"]["start"]], row
    assert row["own_dice"] == means[row["rate"]] >= row["shared_dice"], row
last = {act["act"]: json.load(open(f"straight/trials/{act['act']}-s0/result.json"))["curve"][-1]["learning_rate"]
        for act in report["learning_rates"]}
chosen = {act["act"]: act["rate"] for act in report["learning_rates"]}
assert abs(last["relu"] / last["tanh"] / (chosen["relu"] / chosen["tanh"]) - 1) < 1e-5, (last, chosen)
END
    holds '[.results.method[] | select(contains("own learning rate"))] | length == 1' straight/report.json
    ogive compare data -o killed $rates >/dev/null 2>&1 &
    process=$!
    for _ in $(seq 1000); do
        [ "$(find killed/trials -name result.json 2>/dev/null | wc -l)" -lt 3 ] || break
        sleep 0.01
    done
    kill -KILL $process
    wait $process || true
    ogive worker killed -q --threads 1 & # two processes settle the rates alike
    ogive study resume killed -q --threads 1 >/dev/null
    wait
    [ "$(jq -S .results killed/report.json)" = "$(jq -S .results straight/report.json)" ]
    rejects 2 'learning_rates' ogive compare data -o straight ${rates/--lr auto/}
    rejects 2 'auto' ogive train data -o run --lr auto
}

@test "with --folds every seed runs on every fold, as ogive cv would train it" {
    tiny data 12 32
    ogive compare data -o folds --acts relu,silu --seeds 1 --folds 3 ${quick/threads 1/threads 2} --workers 2 >out.txt 2>/dev/null
    ogive compare data -o folds --acts relu,silu --seeds 2 --folds 3 $quick --json >report.json
    ogive cv data -o cv --folds 3 --act silu --seed 1 $quick >/dev/null
    for fold in 0 1 2; do
        cmp "folds/trials/silu-s1-f$fold/model.safetensors" "cv/fold-$fold/model.safetensors"
    done
    holds '.results.folds == 3 and .results.seeds == [0, 1] and (.results.blocks | length) == 6' report.json
    holds '.results.runs | length == 12 and all(.fold >= 0 and .fold < 3)' report.json
    holds '.results.verdict.tested and .results.acts[0].wilcoxon_p == null and .results.statistics.ranks.friedman_p == null' report.json
    holds '.results.statistics.fold_variance.run > 0' report.json
    rejects 2 "holds a study of another question" ogive compare data -o folds --acts relu,silu --seeds 2 --folds 2 $quick
    rejects 2 "leave out --fold" ogive compare data -o other --acts relu,silu --folds 3 --fold 1 $quick
    rejects 2 "takes seeds as its blocks" ogive compare data -o other --acts relu,silu,mish --seeds 5 --folds 3 --race $quick
}
