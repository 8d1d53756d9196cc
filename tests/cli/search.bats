#!/usr/bin/env bats
# ogive search: what it writes and says, and going on after a kill.

load setup

small='--acts relu,silu,tanh --budget 5s --candidates 40 --generation 3 --trained 9'

@test "search writes its formulas, a report and an honest conclusion" {
    tiny data 8 32
    ogive search data -o s $quick $small >out.txt 2>err
    [ ! -s err ]
    [ -s s/report.html ]
    holds '.results.search.kind | IN("found", "nothing", "undecided")' s/report.json
    holds '.results.search.screening | .passed + ([.rejected[].count] | add) == .drawn' s/report.json
    holds '[.results.search.rounds[].stage] | unique == ["confirmation", "generation", "halving", "promotion", "references"] or (index("generation") | not)' s/report.json
    holds '.results.search.formulas | map(select(.known | not)) | length > 3' s/report.json
    holds '.results.seeds[0] == 500' s/report.json
    grep -qF "$(jq -r '.results.search.commands[0]' s/report.json)" out.txt
    holds '[.formulas[] | select(.rejected)] | length > 5 and all(.why != "")' s/search.json
    ogive study show s | grep -qF 'passed the screening'
    [ -z "$(find s/trials -path '*-l[0-2]-*' -name model.safetensors)" ]
    ogive emit s --highest-mean --to c >best.c 2>said
    networks=$(sed -n 's/^Its networks: \(.*\) (.*/\1/p' said)
    ls $networks/model.safetensors
}

@test "the page of a search builds without an error" {
    command -v chromium >/dev/null || skip "no Chromium here"
    tiny data 8 32
    ogive search data -o s $quick $small --trained 4 >/dev/null
    builds s/report.html search
}

@test "every formula that was trained is in the store" {
    tiny data 8 32
    ogive search data -o s $quick $small --trained 4 >/dev/null
    runs=$(find s/trials -name result.json | wc -l)
    [ "$(ogive study export s | tail -n +2 | wc -l)" -eq "$runs" ]
    [ "$(sqlite3 s/study.db "SELECT COUNT(*) FROM trials WHERE state = 'COMPLETE'")" -eq "$runs" ]
}

# All that does not depend on how long runs took: the budget is too large to matter.
same_search() {
    cmp <(jq -S '[.formulas, .rounds]' "$1/search.json") <(jq -S '[.formulas, .rounds]' "$2/search.json")
    for run in "$1"/trials/*; do
        cmp <(jq -S .scores "$run/result.json") <(jq -S .scores "$2/trials/${run##*/}/result.json")
    done
}

@test "functions by place are tried, trained and told of" {
    tiny data 8 32
    ogive search data -o s $quick $small --budget 20s --places --json >report.json
    holds '.results.search.places | (.tried | length) == 9 and (.everywhere | length) == 2' report.json
    holds '.results.search.places.text | startswith("By place: ")' report.json
    number=$(jq '.formulas | to_entries | map(select(.value.places == [.value.places[0], .value.places[0], .value.places[2]] and .value.from == "places" and .value.head == null)) | .[0].key' s/search.json)
    holds '[.acts[] | select(.place == "decoder") | .text] | unique | length == 1' s/trials/f"$number"-l2-s2/result.json
    holds '[.acts[].text] | unique | length == 2' s/trials/f"$number"-l2-s2/result.json
    number=$(jq '.formulas | to_entries | map(select(.value.head == "sigmoid")) | .[0].key' s/search.json)
    holds '.head.text == "sigmoid" and ([.acts[].text] | unique | length == 1)' s/trials/f"$number"-l2-s2/result.json
    ogive study export s | grep -q ' in the decoder'
    ogive study show s | grep -qF "$(jq -r .results.search.places.text report.json)"
    rejects 2 'places: they are given activations' ogive search data -o t $quick $small --places --act-decoder relu
}

@test "a search that was killed, with workers, goes on to the same results" {
    tiny data 8 32
    asked="$quick --acts relu,silu --budget 10h --candidates 30 --generation 3 --trained 6 --places"
    ogive search data -o straight $asked >/dev/null
    for signal in KILL INT KILL; do
        timeout --preserve-status -s $signal 4 ogive search data -o killed $asked >/dev/null 2>&1 || true
    done
    ogive search data -o killed $asked --workers 2 --threads 2 >/dev/null
    same_search straight killed
    no_leftovers killed
}

@test "a search says what is wrong with its options" {
    tiny data 8 32
    rejects 2 'budget: ' ogive search data -o s $quick --budget soon
    rejects 2 'needs a time' ogive search data -o s $quick --budget ''
    ogive search data -o s $quick $small --trained 3 >/dev/null
    rejects 2 'max-cost was 4' ogive search data -o s $quick $small --max-cost 3
}

@test "damaged formulas of a search are named" {
    tiny data 8 32
    ogive search data -o s $quick $small --trained 3 >/dev/null
    echo '{' >s/search.json
    rejects 4 's/search.json' ogive study show s
}
