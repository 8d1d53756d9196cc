#!/usr/bin/env bats
# Train, resume, predict and evaluate, and what happens when a disk is full, read-only, or the process is killed.

load setup

@test "train writes a run, eval scores it, predict labels images with it" {
    tiny data 8 32
    ogive train data -o run $quick --epochs 30 --lr 0.01 --json >result.json 2>err
    [ -z "$(grep -vx "planned memory [0-9]* MB" err)" ] # no progress: standard error is not a terminal
    cmp <(jq -S . result.json) <(jq -S . run/result.json)
    holds '.status == "finished" and .epochs == 30 and .scores.mean_dice > 0.8' result.json
    ogive eval run data --json >eval.json
    holds '(.mean_dice | type) == "number" and (.mean_iou | type) == "number" and (.per_class | length) == 2' eval.json
    jq -n --slurpfile a result.json --slurpfile b eval.json \
        '$a[0].scores.mean_dice - $b[0].mean_dice | fabs < 1e-6' | grep -qx true
    ogive predict run data/images -o labels --json >predict.json
    holds '(.images | length) == 8 and all(.images[]; [.pixels[]] | add == 1024)' predict.json
    [ "$(find labels -name '*.png' | wc -l)" -eq 8 ]
    ogive predict run data/images/case00.png -o one.png
    cmp one.png labels/case00.png
}

@test "predict replaces nothing unless it is told to" {
    tiny data 4 16
    ogive train data -o run $quick >/dev/null
    ogive predict run data/images/case00.png -o out.png
    rejects 3 "--force" ogive predict run data/images/case00.png -o out.png
    ogive predict run data/images/case00.png -o out.png --force
    rejects 2 "itself" ogive predict run data/images -o data/images --force
    cp data/images/case00.png data/images/case00.bmp
    rejects 2 "both be" ogive predict run data/images -o both
    rejects 3 "absent.png" ogive predict run absent.png -o x.png
    mkdir empty
    rejects 3 "no image" ogive predict run empty -o x
    rejects 2 ".xyz" ogive predict run data/images/case00.png -o x.xyz
    [ ! -e x.xyz ]
}

@test "the same command gives the same bits, whatever the number of data threads" {
    tiny data 8 32
    ogive train data -o a $quick --threads 2 --data-threads 0 >/dev/null
    ogive train data -o b $quick --threads 2 --data-threads 3 >/dev/null
    cmp a/model.safetensors b/model.safetensors
    ogive train data -o c $quick --seed 1 >/dev/null
    ! cmp -s a/model.safetensors c/model.safetensors
}

# Start a long run in the background and wait until it has a checkpoint.
start_long_run() {
    tiny data 8 32
    long='--width 8 --depth 2 --epochs 60 --batch 2 --threads 1'
    ogive train data -o killed $long >/dev/null 2>err &
    process=$!
    for _ in $(seq 400); do
        [ ! -e killed/checkpoint.safetensors ] || return 0
        sleep 0.02
    done
    false
}

@test "a run that was killed with SIGKILL goes on to the same bits" {
    start_long_run
    kill -KILL $process
    wait $process || true
    [ ! -e killed/result.json ]
    touch killed/checkpoint.safetensors.4194305.part # as a kill in the middle of writing leaves
    rejects 2 "resume" ogive train data -o killed $long
    ogive train data -o killed $long --resume >/dev/null
    ogive train data -o straight $long >/dev/null
    cmp killed/model.safetensors straight/model.safetensors
    no_leftovers killed
}

@test "Ctrl-C stops after a checkpoint, says how to go on, and ends with 130" {
    start_long_run
    kill -INT $process
    code=0
    wait $process || code=$?
    [ "$code" -eq 130 ]
    grep -q -- '--resume' err
    ogive train data -o killed $long --resume >/dev/null
    ogive train data -o straight $long >/dev/null
    cmp killed/model.safetensors straight/model.safetensors
}

@test "resuming a finished run changes nothing; another data set or network is refused" {
    tiny data 4 16
    ogive train data -o run $quick >/dev/null
    cp run/model.safetensors before
    ogive train data -o run $quick --resume >/dev/null
    cmp before run/model.safetensors
    rejects 2 "width" ogive train data -o run $quick --width 8 --resume
}

@test "an unknown activation is refused before the data is touched" {
    tiny data 4 16
    rejects 2 "relu" ogive train data -o run $quick --act relux
    rejects 2 "character" ogive train data -o run $quick --act 'x*(x'
    [ ! -e run ]
}

@test "a read-only place is named and nothing is left there" {
    tiny data 4 16
    rejects 3 "/dev/null/run" ogive train data -o /dev/null/run $quick
    echo text >file
    rejects 3 "file" ogive train data -o file $quick
    [ "$(cat file)" = text ]
    if [ "$(id -u)" -ne 0 ]; then
        mkdir locked
        chmod 555 locked
        rejects 3 "locked" ogive train data -o locked/run $quick
    fi
}

@test "a disk that fills up is named, and no half file has a final name" {
    tiny data 4 16
    ogive train data -o whole $quick >/dev/null
    size=$(stat -c %s whole/model.safetensors)
    # A limit on the size of files stands in for the disk: both fail in the same calls.
    code=0
    (
        trap '' XFSZ
        ulimit -f $((size / 2048)) # in blocks of 1024 bytes: half the model
        ogive train data -o full $quick
    ) >out 2>err || code=$?
    [ "$code" -eq 3 ] || { cat err; false; }
    grep -q "full/" err
    [ ! -e full/model.safetensors ]
    [ ! -e full/result.json ]
    no_leftovers full
}

@test "a full disk stops predict without half a file" {
    tiny data 4 256
    ogive train data -o run $quick --epochs 1 >/dev/null
    code=0
    (
        trap '' XFSZ
        ulimit -f 0
        ogive predict run data/images/case00.png -o labels.png 2>&1 >/dev/null
    ) | grep -q "cannot write 'labels.png'" && code=${PIPESTATUS[0]}
    [ "$code" -eq 3 ] || { cat err; false; }
    [ ! -e labels.png ]
    no_leftovers .
}

@test "a broken or foreign model is refused" {
    tiny data 4 16
    ogive train data -o run $quick >/dev/null
    rejects 3 "absent" ogive eval absent data
    head -c 200 run/model.safetensors >half.safetensors
    rejects 4 "half.safetensors" ogive eval half.safetensors data
    head -c 5000 /dev/urandom >noise.safetensors
    rejects 4 "noise.safetensors" ogive predict noise.safetensors data/images -o labels
    [ ! -e labels ]
}

@test "eval scores every image, and labels that stand in files as the network that made them" {
    tiny data 6 16
    ogive train data -o run $quick >/dev/null
    ogive predict run data/images -o labels >/dev/null
    ogive eval run data --part train --metrics all --per-image scores.csv --json >run.json
    ogive eval labels data --part train --metrics all --json >labels.json
    for file in run labels; do
        jq '[.metrics[] | select(.metric != "ece")]' $file.json >$file.metrics
    done
    cmp run.metrics labels.metrics
    holds '[.metrics[].metric] | unique | length == 16' run.json
    [ "$(wc -l <scores.csv)" -eq $((1 + 3 * $(jq .images run.json))) ]
    head -1 scores.csv | grep -qx 'image,class,dice,iou,.*,ece'
    name=$(sed -n 2s/,.*//p scores.csv | tr -d '"')
    cp data/images/"$name".png labels/"$name".png
    rejects 4 "predicted labels are the numbers of classes, 0 to 1" ogive eval labels data --part train
    rm labels/"$name".png
    rejects 3 "no labels for the image '$name'" ogive eval labels data --part train
    rejects 2 "did you mean 'hd95'" ogive eval run data --metrics hd96
}

@test "activations by place are trained, saved, shown and used again" {
    tiny data 6 16
    ogive train data -o run $quick --act elu --act-stage decoder.1=mish --act-decoder 'leaky_relu(a=0.2)' \
        --act-stage '0=x*sigmoid(x)' --act-bottleneck tanh >out.txt
    grep -q 'encoder.0 .*sigmoid.*, encoder.1 elu, bottleneck tanh, decoder.0 .*sigmoid.*, decoder.1 mish' out.txt
    holds '[.acts[] | "\(.place).\(.stage) \(.text)"] ==
        ["encoder.0 x*sigmoid(x)", "encoder.1 elu", "bottleneck.2 tanh", "decoder.0 x*sigmoid(x)", "decoder.1 mish"]' \
        run/result.json
    ogive eval run data --json >scores.json
    jq -n --slurpfile a run/result.json --slurpfile b scores.json \
        '$a[0].scores.mean_dice - $b[0].mean_dice | fabs < 1e-6' | grep -qx true
    cat >run.yaml <<'END'
act: elu
act-decoder: leaky_relu(a = 0.2)
act-bottleneck: tanh
act_stage: {0: x*sigmoid(x), decoder.1: mish}
END
    ogive train data -o again $quick --config run.yaml >/dev/null
    cmp run/model.safetensors again/model.safetensors
    ogive train data -o one $quick --config run.yaml --act-stage 1=silu >/dev/null # replaces the list
    holds '[.acts[].text] == ["elu", "silu", "tanh", "leaky_relu(a = 0.2)", "silu"]' one/result.json
    ogive train data -o same $quick --act elu >same.txt
    grep -qx '  Activations: elu everywhere' same.txt
    ogive train data -o place $quick --act elu --act-encoder silu >place.txt
    grep -qx '  Activations: encoder silu, bottleneck elu, decoder elu' place.txt
}

@test "activations at places that do not exist are refused" {
    tiny data 4 16
    rejects 2 "no stage 3; with depth 2" ogive train data -o run $quick --act-stage 3=silu
    rejects 2 "did you mean 'decoder'" ogive train data -o run $quick --act-stage decodr.0=silu
    rejects 2 "stage 0 is given twice" ogive train data -o run $quick --act-stage 0=silu --act-stage 0=elu
    rejects 2 "stage 2 is the bottleneck" ogive train data -o run $quick --act-stage 2=silu --act-bottleneck elu
    rejects 2 "option 'act-encoder'" ogive train data -o run $quick --act-encoder sliu
    rejects 2 "STAGE=ACTIVATION" ogive train data -o run $quick --act-stage silu
    rejects 2 "'--act-decoder'" ogive train data -o run $quick --act-decodr silu
    rejects 2 "from 16 to 8192" ogive train data -o run --width 16 --width-cap 8
    printf 'act-stage: {encoder.7: silu}\n' >run.yaml
    rejects 2 "no stage encoder.7" ogive train data -o run $quick --config run.yaml
    [ ! -e run ]
}

@test "a head is trained with its loss, saved, resumed and used to predict" {
    tiny data 8 32
    for head in sigmoid sparsemax arctan '0.5+0.5*tanh(x)' 'clamp(a*x+0.5, 0, 1); a=0.25'; do
        rm -rf run labels
        ogive train data -o run $quick --epochs 30 --lr 0.01 --act-head "$head" >out.txt
        grep -q '  Head: .*; loss: ' out.txt
        holds '.scores.mean_dice > 0.8' run/result.json
        ogive eval run data --json >scores.json
        jq -n --slurpfile a run/result.json --slurpfile b scores.json \
            '$a[0].scores.mean_dice - $b[0].mean_dice | fabs < 1e-6' | grep -qx true
        ogive predict run data/images -o labels --json >predict.json
        holds 'all(.images[]; [.pixels[]] | add == 1024)' predict.json
    done
    printf 'act-head: logistic\n' >run.yaml
    ogive train data -o a $quick --act-head sigmoid >/dev/null
    ogive train data -o b $quick --config run.yaml >/dev/null
    cmp a/model.safetensors b/model.safetensors
    holds '.head == {"text": "sigmoid", "loss": "binary cross-entropy of each class"}' b/result.json
    ogive train data -o b $quick --act-head sigmoid --resume >/dev/null
    rejects 2 "act-head" ogive train data -o b $quick --act-head arctan --resume
}

@test "what is no head is refused, with the reason" {
    tiny data 4 16
    rejects 2 "try '0.5 + 0.5*(tanh(x))'" ogive train data -o run $quick --act-head tanh
    rejects 2 "did you mean 'softmax'?" ogive train data -o run $quick --act-head sofmax
    rejects 2 "the parameter a" ogive train data -o run $quick --act-head 'sigmoid(a*x); a=learn(1)'
    [ ! -e run ]
}

@test "an activation that cannot be trained is refused, and doubts are said before training" {
    tiny data 4 16
    rejects 5 "gradient of 0 nearly everywhere" ogive train data -o step $quick --act 'sign(x)'
    ogive train data -o line $quick --act identity >/dev/null 2>errors
    grep -q "warning: identity: it is a straight line" errors
}
