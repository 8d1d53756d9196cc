#!/usr/bin/env bats
# ogive act: the contracts that other programs rely on, and the messages for formulas.

load setup

@test "act list --json describes every function of the catalogue" {
    ogive act list --json >list.json
    holds 'type == "array" and length >= 80' list.json
    holds '[.[].id] | (unique | length) == length or (map(select(. == "sigmoid")) | length) == 2' list.json
    holds 'all(.[] | select(.kind == "activation"); .formula and .definition and .family and .reference and .gains and
           .moments and .range and .pieces and .tails and (.inputs | type) == "array")' list.json
    holds 'all(.[].params[]?; (keys | sort) == ["learn", "name", "text", "value"])' list.json
    for name in identity sigmoid tanh relu leaky_relu prelu relu6 elu celu selu softplus softsign gelu gelu_tanh silu \
        mish hard_sigmoid hard_swish hard_tanh; do
        holds "any(.[]; .id == \"$name\")" list.json
    done
    holds '.[] | select(.id == "leaky_relu") | .params == [{"name": "a", "value": 0.01, "learn": null, "text": "0.01"}]' list.json
    holds '.[] | select(.id == "prelu") | .params[0] | .learn == "channel" and .text == "learn(0.25, channel)"' list.json
    holds '.[] | select(.id == "mish") | .names.PyTorch == "nn.Mish()" and (.names.ONNX | startswith("Mish"))' list.json
    holds 'any(.[]; .kind == "head" and .id == "softmax" and .loss == "cross-entropy")' list.json
}

@test "act list shows the same names to people, by family, within the terminal's width" {
    COLUMNS=80 ogive act list >list.txt
    for name in $(ogive act list --json | jq -r '.[].id'); do grep -q "^  $name " list.txt; done
    for family in $(ogive act list --json | jq -r '.[].family' | tr ' ' '_' | sort -u); do
        grep -q "^$(echo "$family" | tr '_' ' ')" list.txt
    done
    [ "$(wc -L <list.txt)" -le 80 ]
}

@test "act list selects by family, learned parameters and text" {
    ogive act list --json --family shrink | jq -r '.[].family' | sort -u >families
    [ "$(cat families)" = shrinkage ]
    ogive act list --json --learned >learned.json
    holds 'length > 5 and all(.[]; any(.params[]; .learn != null))' learned.json
    ogive act list --json --search bmvc >found.json
    holds '[.[].id] == ["mish"]' found.json
    ogive act list --json --search ThresholdedRelu >found.json
    holds '[.[].id] == ["thresholded_relu"]' found.json
    ogive act list --search zzzz | grep -q 'No entry'
    rejects 2 "there is no family 'zzzz'" ogive act list --family zzzz
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
    holds '.range == [0, null] and .monotonic and (.odd | not) and [.kinks[].x] == [0]' relu.json
    ogive act show 'tanh(x)' --json >tanh.json
    holds '.odd and .range == [-1, 1] and .kink_count == 0' tanh.json
    ogive act show 'where(x>0, x, a*x); a=learn(0.1, channel)' --json >typed.json
    holds '.id == null and .params[0].learn == "channel"' typed.json
}

@test "act show follows signal and gradient through layers, without and with a norm" {
    ogive act show relu --no-cost --layers 8 --json >relu.json
    holds '.depth.layers == 8 and (.depth.plain.signals | length) == 9 and (.depth.norm.signals | length) == 9' relu.json
    holds '.depth.plain | all(.signals[]; (.variance - 1 | fabs) < 1e-9 and (.gradient - 1 | fabs) < 1e-9) and
           (.limit.chi - 1 | fabs) < 1e-9' relu.json
    # Behind a norm the squared gradient grows by E f'^2 / Var f = (1/2) / (1/2 - 1/(2 pi)) per layer.
    holds '.depth.norm.signals | (.[1].gradient / .[2].gradient) * (.[1].gradient / .[2].gradient) - 1 / (1 - 1 / 3.141592653589793) |
           fabs < 1e-6' relu.json
    ogive act show relu --no-cost --layers 8 >relu.txt
    grep -q '^Through 8 wide layers whose weights have a gain of 1.414$' relu.txt
    ogive act show glu --no-cost --json >glu.json
    holds '.depth == null' glu.json
    rejects 2 'layers' ogive act show relu --layers 0
}

@test "act show and list --json name the ranges where digits are lost" {
    ogive act show silu --no-cost --json >silu.json
    ogive act list --json >list.json
    holds '.inexact | length > 0 and all(.[]; .of and .why and .from < .to and (.ulp > 4 or .absolute > 0))' silu.json
    holds 'any(.[]; .id == "relu" and .inexact == []) and any(.[]; .id == "silu" and (.inexact | length) > 0)' list.json
}

@test "act show and the Chinese reference have every text in Chinese" {
    tr -d '\\' <"$OGIVE_SOURCE_DIR/docs/activations.zh-CN.md" >page
    ogive act list --json >list.json
    jq -r '.[] | .note // empty, .inexact[]?.why' list.json | sort -u >english
    [ "$(wc -l <english)" -gt 80 ]
    while read -r text; do
        ! grep -F "：$text" page || fails "no Chinese in app/cli/chinese.def for: $text"
    done <english
    ogive act show glu --language zh --no-cost >glu.txt
    ! grep -q 'convolution of what the layer reads' glu.txt
}

@test "act show draws the function for people" {
    LC_ALL=C.UTF-8 ogive act show silu >utf8
    grep -q '⣀\|⠤\|⠒\|⣿\|⡇' utf8
    LC_ALL=C ogive act show silu >ascii
    ! LC_ALL=C grep -q '[^ -~]' ascii
    grep -q '\*\*' ascii
    [ "$(LC_ALL=C.UTF-8 wc -L <utf8)" -le 80 ]
    [ "$(wc -L <ascii)" -le 80 ]
    ! grep -q "$(printf '\033')" utf8
}

@test "act show measures the cost on this machine, unless it is told not to" {
    ogive act show mish --json >with.json
    holds '.cost.executor and .cost.isa and ([.cost.sizes[].bytes] == [1048576, 16777216])' with.json
    holds 'all(.cost.sizes[]; .forward_ns > 0 and .backward_ns > 0 and .forward_ratio > 0)' with.json
    ogive act show mish --no-cost --json >without.json
    holds '.cost == null' without.json
    ! ogive act show mish --no-cost | grep -q 'Cost on'
}

@test "act show --plot writes SVG and PNG, of a typed formula too" {
    ogive act show 'x*tanh(exp(x))' --no-cost --plot a.svg >/dev/null
    ogive act show 'x*tanh(exp(x))' --no-cost --plot again.svg >/dev/null
    cmp a.svg again.svg
    grep -q '<title>x\*tanh(exp(x))</title>' a.svg
    ogive act show glu --no-cost --plot a.png >/dev/null
    [ "$(head -c 8 a.png | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
    rejects 2 ".svg" ogive act show relu --no-cost --plot a.gif
    rejects 3 "nowhere" ogive act show relu --no-cost --plot nowhere/a.svg
}

@test "act show says what it can about a formula that cannot be trained with" {
    ogive act show 'log(x)' --no-cost >log.txt
    grep -q 'No network can be trained with it' log.txt
    ogive act show 'log(x)' --no-cost --json >log.json
    holds '.untrainable != null and .derivative == "1/x"' log.json
}

@test "act show says strengths and weaknesses in English and Chinese, and names elsewhere" {
    ogive act show relu --no-cost >en.txt
    grep -q '^Weaknesses' en.txt
    grep -q 'nn.ReLU()' en.txt
    LC_ALL=C.UTF-8 ogive act show relu --no-cost --language zh >zh.txt
    grep -q '^短处' zh.txt
    ogive act show relu --no-cost --json >relu.json
    holds 'any(.remarks[]; .kind == "weakness" and .rule == "dying") and .names.PyTorch == "nn.ReLU()"' relu.json
    ogive act show 'max(0, x)' --no-cost --json >typed.json
    holds '.id == null and .same_as == "relu" and .formula == "max(x, 0)"' typed.json
}

@test "act show takes another width of the inputs" {
    # E max(z, 0)^2 = sd^2/2
    ogive act show relu --no-cost --sigma 3 --json >wide.json
    holds '(.moments.second_moment - 4.5 | fabs) < 1e-9 and .sigma == 3' wide.json
}

@test "act show tells what stands in the way of a derivative that is too long to print" {
    formula=x
    for i in $(seq 60); do formula="tanh($formula*sigmoid(x+$i))"; done
    ogive act show "$formula" --no-cost --json >long.json
    holds '.derivative == null and (.derivative_missing | test("65536")) and .moments.mean != null' long.json
}

@test "act compare shows facts, distances and one plot" {
    ogive act compare relu silu mish 'x*tanh(softplus(x))' >table.txt
    grep -q '^  relu ' table.txt
    grep -q 'Distances' table.txt
    grep -q 'Cost, ns per element' table.txt
    LC_ALL=C.UTF-8 ogive act compare log_sigmoid 'where(x > 0, x, 0.2*x) + 0.1*sin(3*x)*gaussian(x/2)' silu >wide.txt
    [ "$(LC_ALL=C.UTF-8 wc -L <wide.txt)" -le 80 ]
    ogive act compare relu silu mish 'x*tanh(softplus(x))' --no-cost --plot four.svg --json >four.json
    holds '[.acts[].id] == ["relu", "silu", "mish", null]' four.json
    holds '.distances | length == 6' four.json
    holds 'any(.distances[]; .acts == ["mish", "x*tanh_softplus(x)"] and .equal and .max_abs == 0)' four.json
    # x*sigmoid(x) differs most from max(x, 0) where its derivative is 0, x = 1.27846, by 0.27846
    holds '.distances[0] | (.max_abs - 0.27846 | fabs) < 1e-4 and ((.at | fabs) - 1.27846 | fabs) < 2e-3' four.json
    ogive act compare 'x' '0.5*x' --no-cost --json >lines.json
    holds '.distances[0] | (.mean_square - 0.25 | fabs) < 1e-6 and (.slope_mean_square - 0.25 | fabs) < 1e-6 and .max_abs > 3.99' lines.json
    grep -q '>mish<' four.svg
    rejects 2 "EXPR is missing" ogive act compare
    rejects 2 "'silly'" ogive act compare relu silly
}

@test "act document writes both languages and a picture of every function" {
    ogive act document -o reference
    for name in $(ogive act list --json | jq -r '.[] | select(.kind == "activation") | .id'); do
        [ -s "reference/activations/$name.svg" ]
        grep -qx "### $name" reference/activations.md
        grep -qx "### $name" reference/activations.zh-CN.md
    done
    rejects 2 "--output" ogive act document
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

@test "a library's name is resolved with the library's default, and the answer says so" {
    ogive act show 'nn.LeakyReLU(0.2)' >torch.txt
    grep -q '^leaky_relu(a = 0.2)$' torch.txt
    grep -q 'nn.LeakyReLU is leaky_relu(a = 0.2)' torch.txt
    ogive act show jax.nn.gelu | grep -q 'the tanh approximation'
    rejects 2 "did you mean 'LeakyReLU'" ogive act show nn.LekyReLU
}
