#!/usr/bin/env bats
# ogive act emit: files, messages and options. What the emitted code computes is tested by tests/act/test_emit.c (C, CUDA)
# and tests/interop (ONNX, PyTorch, JAX, CUDA); LaTeX is read back here.

load setup

@test "every target writes a file that starts with what it is" {
    for target in c cuda onnx pytorch jax latex; do
        ogive act emit 'leaky_relu(a=0.2)' --to $target -o emitted
        head -c 400 emitted | grep -qaF 'where(x > 0, x, a*x)' || { echo "$target"; false; }
        grep -qaF "$(ogive --version | sed 's/ogive //')" emitted
    done
}

@test "text goes to standard output without -o and with -o -" {
    ogive act emit mish --to c >plain
    ogive act emit mish --to c -o - >dash
    cmp plain dash
    grep -q '^real mish(real x)$' plain
}

@test "the same words give the same bytes, in any locale" {
    for target in c cuda onnx pytorch jax latex; do
        ogive act emit 'x*sigmoid(b*x); b=learn(1.5)' --to $target >one
        LC_ALL=de_DE.UTF-8 ogive act emit 'x*sigmoid(b*x); b=learn(1.5)' --to $target >two
        cmp one two
    done
}

@test "an unknown target lists the targets" {
    rejects 2 'there is no target '"'"'rust'"'"'; the targets are c, cuda, onnx, pytorch, jax and latex' ogive act emit relu --to rust
}

@test "names: given, from the catalogue, and refused" {
    ogive act emit 'x*tanh(x)' --to c --name lisht2 | grep -q '^real lisht2(real x)$'
    ogive act emit 'x*tanh(x)' --to c | grep -q '^real activation(real x)$'
    ogive act emit hard_swish --to pytorch | grep -q '^class HardSwish(nn.Module):$'
    rejects 2 "'2x' cannot name the emitted function" ogive act emit relu --to c --name 2x
    rejects 2 "'return' cannot name the emitted function" ogive act emit relu --to c --name return
}

@test "a parameter called like a word of a language gets another name" {
    ogive act emit 'lambda*x; lambda=0.5' --to jax | grep -q '^PARAMS = {"p0_lambda": 0.5}$'
}

@test "options of ONNX are refused for other targets" {
    for option in --native '--opset 17' '--channels 8'; do
        rejects 2 'for onnx only, not for c' ogive act emit relu --to c $option
    done
}

@test "a native operator is refused where there is none, and before its opset" {
    rejects 6 'ONNX has no operator that is' ogive act emit 'x*tanh(x)' --to onnx --native -o model.onnx
    rejects 6 'it has one for identity' ogive act emit 'x*tanh(x)' --to onnx --native -o model.onnx
    rejects 6 'has b = 1, not the 2 of' ogive act emit 'softplus(b=2)' --to onnx --native -o model.onnx
    rejects 2 'ONNX has the operator Gelu since opset 20; opset 17 was asked for' ogive act emit gelu --to onnx --native --opset 17 -o model.onnx
    [ ! -e model.onnx ]
    ogive act emit 'x*sigmoid(x)' --to onnx --native -o model.onnx
    grep -qa Swish model.onnx
}

@test "what reads more than x needs the number of channels in ONNX" {
    rejects 2 'give the number of channels' ogive act emit 'x*sigmoid(gate)' --to onnx -o model.onnx
    rejects 2 'give an even number' ogive act emit 'max(mirror, 0)' --to onnx --channels 7 -o model.onnx
    ogive act emit 'x*sigmoid(gate)' --to onnx --channels 7 -o model.onnx
}

@test "a file that cannot be written is an error" {
    rejects 3 "cannot write 'none/relu.c'" ogive act emit relu --to c -o none/relu.c
}

# Values and derivatives of the LaTeX against those of the kernels.
latex_agrees() {
    ogive act emit "$1" --to latex -o f.tex
    ogive act show "$1" --no-cost --json | jq '.params | map({(.name): .value}) | add // {}' >params.json
    "$tests/check_latex.py" f.tex params.json -2.7 -0.4 0.3 1.9 >read.json
    ogive act eval "$1" --x -2.7,-0.4,0.3,1.9 --json >eval.json
    jq -n --slurpfile r read.json --slurpfile e eval.json '
        def close($a; $b): [$a, $b] | transpose | all(.[1] == null or ((.[0] - .[1]) | fabs) <= 2e-5 * (1 + (.[1] | fabs)));
        close($r[0].f; $e[0].y) and close($r[0].x; $e[0].dy)
        and ($e[0].dparams | to_entries | all(close($r[0][.key | gsub("_"; "")]; .value)))' | grep -qx true || {
        echo "$1"
        cat f.tex read.json eval.json
        return 1
    }
}

@test "LaTeX reads back as the function and its derivatives" {
    for name in $(ogive act list --json | jq -r '.[] | select(.kind == "activation" and .inputs == []) | .id'); do
        latex_agrees "$name"
    done
    latex_agrees 'alpha*sech2(x) + beta_1*normal_pdf(x) + log1p(x^2); alpha=0.5, beta_1=2'
    latex_agrees '(x > 0)*x^3 - 1e-30*(x <= 1)*x/3'
}

@test "LaTeX compiles" {
    command -v pdflatex >/dev/null || skip "pdflatex is not installed"
    printf '\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n\\input{f.tex}\n\\end{document}\n' >page.tex
    ogive act emit gelu_tanh --to latex -o f.tex
    pdflatex -halt-on-error page.tex >/dev/null
}
