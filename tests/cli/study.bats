#!/usr/bin/env bats
# ogive study: what a study says by now, and its runs for other programs.

load setup

study() {
    tiny data 8 32
    ogive compare data -o study --acts 'relu, x*sigmoid(x)' --seeds 2 $quick >compared.txt 2>/dev/null
}

@test "study show prints what compare printed, and its document without pictures" {
    study
    cp study/report.json before.json
    ogive study show study >shown.txt
    grep -v 'The whole report' compared.txt | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >expected.txt
    diff expected.txt shown.txt
    ogive study show study --json >shown.json
    cmp <(jq -S '.results | del(.examples, .colours)' shown.json) <(jq -S '.results | del(.examples, .colours)' before.json)
    holds '.results.examples == []' shown.json
    cmp study/report.json before.json # nothing was written
    rejects 3 "nowhere" ogive study show nowhere
}

@test "study export writes every run as a row that other programs read" {
    study
    ogive study export study -o runs.csv
    ogive study export study -o runs.json
    holds 'length == 4 and all(.status == "finished" and .dice > 0 and .ms_per_step > 0)' runs.json
    python3 - <<'END'
import csv, json
rows = list(csv.DictReader(open("runs.csv")))
exact = json.load(open("runs.json"))
report = json.load(open("study/report.json"))["results"]
assert [row["act"] for row in rows] == ["relu", "x*sigmoid(x)"] * 2, rows
assert [row["seed"] for row in rows] == ["0", "0", "1", "1"]
for row, one, run in zip(rows, exact, report["runs"]):
    assert float(row["dice"]) == one["dice"] == run["dice"]
    names = [name for name in row if name.startswith("dice_")]
    assert [float(row[name]) for name in names] == [c["dice"] for c in run["scores"]["per_class"][1:]]
END
}

@test "study export --layout blocks has a row for every seed and a column for every activation" {
    study
    [ "$(ogive study export study --layout blocks | head -n 1)" = '"seed","relu","x*sigmoid(x)"' ]
    ogive study export study --layout blocks --score iou --format json >blocks.json
    cmp <(jq -S '[.[] | [.relu, ."x*sigmoid(x)"]] | flatten' blocks.json) <(jq -S '[.results.runs[].iou]' study/report.json)
    rejects 2 "no column 'dise'" ogive study export study --layout blocks --score dise
}

# scores FORMULA: give the runs of `study` made-up scores, a jq formula of the activation's name $act and the seed $seed.
scores() {
    for trial in study/trials/*; do
        name=${trial##*/}
        jq --arg act "${name%-s*}" --argjson seed "${name##*-s}" ".scores.mean_dice = ($1)" "$trial/result.json" >changed.json
        mv changed.json "$trial/result.json"
    done
}

@test "emit writes the winner, the cheapest of a tie, and nothing where the study is undecided" {
    tiny data 6 16
    ogive compare data -o study --acts 'relu,x*sigmoid(x)' --seeds 8 --width 2 --depth 1 --epochs 1 --batch 4 --threads 1 >/dev/null
    scores 'if $act == "relu" then 0.5 else 0.8 end + 0.001 * $seed * (if $act == "relu" then 1 else 1.3 end)'
    ogive emit study --best --to pytorch -o best.py 2>said
    grep -q 'x\*sigmoid(x)' best.py
    grep -q 'study/trials/x_sigmoid_x' said
    ogive emit study --to latex 2>/dev/null | grep -q 'sigma'
    scores '0.8 + 0.00001 * $seed * (if $act == "relu" then 1 else 1.3 end)'
    ogive emit study --to pytorch -o tie.py 2>said
    cheapest=$(ogive study show study --json | jq -r '[.timing.acts[]] | min_by(.ms_per_step).id')
    grep -q "study/trials/$cheapest" said
    scores '0.5 + 0.04 * (($seed * 5 + (if $act == "relu" then 3 else 0 end)) % 8)'
    rejects 4 'names no winner' ogive emit study --best --to pytorch
    ogive emit study --highest-mean --to onnx -o leader.onnx 2>/dev/null
    [ -s leader.onnx ]
    rejects 2 'give one of them' ogive emit study --highest-mean --best --to c
    rejects 3 'nowhere' ogive emit nowhere --best --to c
}

@test "study profile sets the activations of several studies side by side" {
    study
    tiny other 6 24
    ogive compare other -o second --acts 'x*sigmoid(x), relu, tanh' --seeds 1 $quick >/dev/null 2>&1
    ogive study profile study second --json >profile.json
    holds '.studies == ["study", "second"] and [.acts[].act] == ["relu", "x*sigmoid(x)"] and .friedman_p == null' profile.json
    holds 'all(.acts[]; .above[0] == 1 and .above[100] == 0 and .within[-1] <= 1)' profile.json
    [ "$(jq '.acts[0].dice[1]' profile.json)" = "$(jq '.results.acts[] | select(.id == "relu") | .dice.mean' second/report.json)" ]
    ogive study profile study second | grep -q '2 activations on 2 data sets'
    rejects 2 "2 to 64 studies" ogive study profile study
}
