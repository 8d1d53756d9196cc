#!/usr/bin/env bats
# ogive act: the contracts that other programs rely on, and the messages for formulas.

load setup

@test "act list --json describes every function of the catalogue" {
    ogive act list --json >list.json
    holds 'type == "array" and length >= 19' list.json
    holds 'all(.[]; (keys | sort) == ["formula", "id", "params", "reference"])' list.json
    holds 'all(.[].params[]; (keys | sort) == ["default", "learn", "name"])' list.json
    for name in identity sigmoid tanh relu leaky_relu prelu relu6 elu celu selu softplus softsign gelu gelu_tanh silu \
        mish hard_sigmoid hard_swish hard_tanh; do
        holds "any(.[]; .id == \"$name\")" list.json
    done
    holds '.[] | select(.id == "leaky_relu") | .params == [{"name": "a", "default": 0.01, "learn": null}]' list.json
    holds '.[] | select(.id == "prelu") | .params[0].learn == "channel"' list.json
}

@test "act list shows the same names to people" {
    ogive act list >list.txt
    for name in $(ogive act list --json | jq -r '.[].id'); do grep -q "^  $name " list.txt; done
}

@test "act eval --json gives values and derivatives" {
    ogive act eval 'leaky_relu(a=0.2)' --x -1,0,0.5 --json >eval.json
    holds 'keys == ["dparams", "dy", "y"]' eval.json
    holds '[.y[0] + 0.2, .y[1], .y[2] - 0.5] | all(fabs < 1e-7)' eval.json
    holds '[.dy[0] - 0.2, .dy[2] - 1] | all(fabs < 1e-7)' eval.json
    holds '.dparams.a[0] == -1 and .dparams.a[2] == 0' eval.json
}

@test "a formula gives what its name gives" {
    ogive act eval mish --x -30,-1,0,0.5,30 --json | jq '.y' >named
    ogive act eval 'x*tanh(softplus(x))' --x -30,-1,0,0.5,30 --json | jq '.y' >typed
    jq -n --slurpfile a named --slurpfile b typed '[$a[0], $b[0]] | transpose | all((.[0] - .[1] | fabs) <= 1e-6 * (1 + (.[0] | fabs)))' | grep -qx true
}

@test "values that are not finite are null, not broken JSON" {
    ogive act eval 'exp(x)' --x 0,1000 --json >eval.json
    holds '.y == [1, null]' eval.json
}

@test "act show --json has formula, derivative, moments and properties" {
    ogive act show relu --json >relu.json
    holds '.id == "relu" and (.formula | type) == "string" and (.derivative | type) == "string"' relu.json
    holds '(.moments.second_moment - 0.5 | fabs) < 1e-9 and (.gains.forward - (2 | sqrt) | fabs) < 1e-9' relu.json
    holds '.range == [0, null] and .monotonic and (.odd | not) and .kinks == [0]' relu.json
    ogive act show 'tanh(x)' --json >tanh.json
    holds '.odd and .range == [-1, 1] and .kink_count == 0' tanh.json
    ogive act show 'where(x>0, x, a*x); a=learn(0.1, channel)' --json >typed.json
    holds '.id == null and .params[0].learn == "channel"' typed.json
}

@test "act show draws the function for people" {
    ogive act show silu >utf8
    grep -q '⣀\|⠤\|⠒\|⣿\|⡇' utf8
    LC_ALL=C ogive act show silu >ascii
    ! LC_ALL=C grep -q '[^ -~]' ascii
    grep -q '\*\*' ascii
}

@test "mistakes in a formula are named with their place" {
    rejects 2 "relu" ogive act show reluu
    rejects 2 "silu" ogive act eval sliu --x 1
    rejects 2 "character 5" ogive act show 'x * * 2'
    rejects 2 "tanh" ogive act show 'x*tahn(x)'
    rejects 2 "" ogive act show 'where(x>0, x'
    rejects 2 "" ogive act show ''
    rejects 2 "" ogive act show 'leaky_relu(b=1)'
    rejects 2 "not a number" ogive act eval relu --x 1,,2
    rejects 2 "not a number" ogive act eval relu --x 1,two
}
