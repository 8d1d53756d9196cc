#!/usr/bin/env bats
# ogive bench: what it reports and refuses. No test looks at how long anything takes.

load setup

small='--width 4 --depth 2 --batch 2 --size 32 --threads 2 --turns 3'

@test "bench step reports time, speed, memory and the kinds of work" {
    ogive bench step $small --json >out
    holds '.pass == "step" and .width == 4 and .batch == 2 and .size == 32 and .threads == 2 and .turns == 3' out
    holds '.best_ms > 0 and .ms_per_step >= .best_ms and .ready_ms > 0 and .first_ms > .ready_ms' out
    holds '.peak_gflops > 0 and .plan_bytes > 0 and .peak_bytes > .plan_bytes' out
    holds '(.gflops / (.gflop / .ms_per_step * 1000) - 1 | fabs) < 1e-3' out
    holds '(.percent_of_peak / (100 * .gflops / .peak_gflops) - 1 | fabs) < 1e-3' out
    holds '[.by_kind | keys[]] as $k | ["conv3x3_forward", "conv3x3_data", "conv3x3_weights", "up_forward", "up_data",
        "up_weights", "head_forward", "head_data", "head_weights", "loss", "act_forward", "act_backward", "pool_forward",
        "pool_backward", "optimizer"] - $k == []' out
    holds 'all(.by_kind[]; .ms > 0 and (.gflop > 0) == .convolution)' out
}

@test "the parts of a step are all of it, and no more" {
    ogive bench step $small --turns 1 --json >out
    holds '([.by_kind[].ms] | add) <= .ms_per_step * 1.001' out
    holds '(([.by_layer[].ms] | add) / ([.by_kind[].ms] | add) - 1 | fabs) < 1e-3' out
}

@test "operations are counted as the definition of the convolutions has them" {
    # width 4, depth 2: channels 4, 8, 16; 2 images of 32 x 32 with 3 channels, 2 classes
    awk 'function conv(side, ic, oc, k) { return 2e-9 * 2 * side * side * ic * oc * k }
         BEGIN {
             first = conv(32, 3, 4, 9)
             conv3 = conv(32, 4, 4, 9) + conv(16, 4, 8, 9) + conv(16, 8, 8, 9) + conv(8, 8, 16, 9) + conv(8, 16, 16, 9)
             conv3 += conv(16, 16, 8, 9) + conv(16, 8, 8, 9) + conv(32, 8, 4, 9) + conv(32, 4, 4, 9)
             rest = conv(8, 16, 8, 4) + conv(16, 8, 4, 4) + conv(32, 4, 2, 1)
             printf "{\"infer\": %.9g, \"step\": %.9g}", first + conv3 + rest, 2 * first + 3 * (conv3 + rest)
         }' >expected
    for pass in step infer; do
        ogive bench $pass $small --turns 1 --json | jq --slurpfile expected expected \
            "{ratio: (.gflop / \$expected[0].$pass)}" >out
        holds '(.ratio - 1 | fabs) < 1e-4' out
    done
}

@test "bench infer reports a pass without a backward one" {
    ogive bench infer $small --act mish --json >out
    holds '.pass == "infer" and .act == "mish" and .ms_per_step > 0 and .by_kind.act_forward.ms > 0' out
    holds '[.by_kind | keys[] | select(test("data|weights|backward|optimizer"))] == []' out
}

@test "bench takes formulas, places and other networks" {
    ogive bench step $small --act 'x*sigmoid(b*x); b=learn(1)' --act-decoder crelu --up bilinear --channels 1 \
        --classes 5 --json >out
    holds '[.by_layer[].layer] | index("encoder.0.conv.0") and index("decoder.1.resize") and index("decoder.0.mirror")' out
}

@test "bench prints a table for people" {
    ogive bench step $small >out
    grep -q 'ms (best' out
    grep -q '3 x 3 convolutions, backward by weights' out
}

@test "bench refuses what cannot be" {
    rejects 4 'needs multiples of 16' ogive bench step --depth 4 --size 40
    rejects 2 'character 1 of the formula' ogive bench step --act nope
    rejects 2 "'classes'" ogive bench step --classes 1
    rejects 2 "unknown option '--epochs'" ogive bench step --epochs 3
    rejects 2 "unknown option '--optimizer'" ogive bench infer --optimizer sgd
}

@test "bench act compares functions with relu, by size and executor" {
    ogive bench act relu 'x*sigmoid(1.2*x)' --mb 1,2 --seconds 0 --json >out
    holds 'length == 4 and [.[].bytes] == [1048576, 1048576, 2097152, 2097152]' out
    holds 'all(.[]; .forward_ns > 0 and .backward_ns > 0 and .normalised_ns > .backward_ns and .forward_ratio > 0 and
        .backward_ratio > 0 and .normalised_ratio > 0 and .threads == 1)' out
    holds '.[0].act == "relu" and .[0].executor == "built-in" and .[1].executor != "built-in"' out
    ogive bench act silu '2*x' --mb 1 --seconds 0 --executor all --threads 2 --json >out
    holds '[.[] | select(.act == "silu").executor] | .[0] == "built-in" and .[-1] == "interpreter"' out
    holds '[.[] | select(.act == "2*x").executor] | index("built-in") == null and .[-1] == "interpreter"' out
}

@test "bench act measures the whole catalogue" {
    ogive act list --json | jq '[.[] | select(.kind == "activation").id]' >ids
    ogive bench act --mb 0.1 --seconds 0 --json >out
    jq '[.[].act]' out | cmp - ids
}

@test "bench act refuses sizes, functions and executors that are none" {
    rejects 2 "is not a list" ogive bench act relu --mb 1,big
    rejects 2 "is not a list" ogive bench act relu --mb 0
    rejects 2 "unknown activation" ogive bench act nope
    rejects 2 "auto|built-in" ogive bench act relu --executor gpu
    rejects 6 "no built-in code" ogive bench act '2*x' --executor built-in
}

@test "the benchmarks' page is written from whatever results there are" {
    export OGIVE_RESULTS=$PWD/results OGIVE_BENCH_DOCS=$PWD OGIVE_PEERS=$PWD/none
    run "$OGIVE_SOURCE_DIR/bench/run.py" nonsense
    [ "$status" -eq 2 ]
    [[ $output == *"no part 'nonsense'"* ]]
    "$OGIVE_SOURCE_DIR/bench/run.py" page 2>/dev/null
    grep -q '^| start of the program .* not measured |$' performance.md
    mkdir results
    ogive bench step $small --json | jq '{rounds: 1, turns: 3, rows: [{kind: "step", base: 16, batch: 2, size: 32,
        act: "relu", threads: 2, peer: "PyTorch", ratio: 2.5, contenders:
        {ogive: (. + {median: 10, best: 9}), PyTorch: {median: 25, best: 24}}}]}' >results/step.json
    "$OGIVE_SOURCE_DIR/bench/run.py" page 2>/dev/null
    grep -q 'ReLU, base 16 | ≥ 2.2 x .* | 2.5 | must |$' performance.md
    grep -q '^| 16, 2 x 32² | relu | 10 (9) | 25 (24) | 2.50 |$' performance.md
    grep -q '^| conv3x3_forward |' performance.md
    python3 -c 'import sys, xml.dom.minidom as x; [x.parse(path) for path in sys.argv[1:]]' performance/*.svg
    [ -s performance/step-by-layer.svg ]
}

@test "threads wait briefly unless the environment says how" {
    env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT OMP_DISPLAY_ENV=verbose ogive bench step $small --turns 1 2>&1 |
        grep GOMP_SPINCOUNT >seen
    tail -n 1 seen | grep -q "'1000'"
    OMP_DISPLAY_ENV=verbose OMP_WAIT_POLICY=passive ogive bench step $small --turns 1 2>&1 | grep GOMP_SPINCOUNT >seen
    [ "$(wc -l <seen)" -eq 1 ]
    OMP_DISPLAY_ENV=verbose GOMP_SPINCOUNT=77 ogive bench step $small --turns 1 2>&1 | grep GOMP_SPINCOUNT >seen
    tail -n 1 seen | grep -q "'77'"
}

@test "bench measures networks of volumes" {
    ogive bench step $small --dims 3 --size 16 --slices 8 --batch 1 --turns 1 --json >out
    holds '.slices == 8 and .size == 16 and .gflop > 0 and all(.by_kind[]; .ms > 0)' out
    ogive bench infer $small --dims 3 --size 16 --batch 1 --turns 1 --json | jq '{cube: .slices}' >cube
    holds '.cube == 16' cube
    rejects 4 "multiples of" ogive bench step $small --dims 3 --size 16 --slices 6
}
