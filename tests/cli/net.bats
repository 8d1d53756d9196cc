#!/usr/bin/env bats
# ogive net show: what it says of a network agrees with counting by hand, with published figures and with the process.

load setup

@test "parts, shapes, parameters and operations of a small network" {
    # width 4, depth 1: 3 -> 4, 4 -> 4 | 4 -> 8, 8 -> 8 | up 8 -> 4, 8 -> 4, 4 -> 4 | head 4 -> 2; norms 2 per channel
    ogive net show --width 4 --depth 1 --size 8x16 --batch 2 --json >out
    holds '.parameters == 3*4*9 + 4*4*9 + 4*8*9 + 8*8*9 + (8*4*4 + 4) + 8*4*9 + 4*4*9 + (4*2 + 2) + 2*(4*4 + 2*8)' out
    holds '([.layers[].parameters] | add) == .parameters' out
    holds '(.gflop - ([.layers[].gflop] | add) | fabs) < 1e-9 and .training_gflop > 2.5 * .gflop' out
    holds '.layers[] | select(.name == "bottleneck.conv.1") | .h == 4 and .w == 8 and .channels == 8' out
    holds '(.gflop * 1e9 / 4 - (128*(3*4 + 4*4 + 8*4 + 4*4)*9 + 32*(4*8 + 8*8)*9 + 32*8*4*4 + 128*4*2) | fabs) < 1' out
    holds '.training_bytes.arena > .inference_bytes.arena and .inference_bytes.optimizer == 0' out
    holds '.training_bytes.optimizer == 8 * .parameters' out
    holds '.training_bytes | (del(.total) | add) == .total' out
    ogive net show --width 4 --depth 1 --size 8x16 --batch 2 >text
    grep -q '8 x 16 images of 3 channels, 2 classes, 2 at a time; sides must be multiples of 2' text
    grep -Eq '^  bottleneck +4 x 8 +8 +' text
    grep -Eq '^  in all +[0-9.]+ MB +[0-9.]+ MB$' text
    ogive net show --width 4 --depth 1 --size 8x16 --layers | grep -q 'decoder.0.up'
}

@test "the 2015 U-Net of milesial has its published number of parameters" {
    ogive net show --preset milesial --size 32 --batch 1 --json >out
    holds '.parameters == 31037698' out
}

@test "what cannot be is refused with the reason" {
    rejects 4 'multiples of 16' ogive net show --size 40
    rejects 2 "option --size: '8y8'" ogive net show --size 8y8
    rejects 2 'option --size' ogive net show --size 0
    rejects 2 'groups is 7, which does not divide the 32 channels of encoder.0.norm.0' \
        ogive net show --norm group --groups 7 --size 64
    rejects 2 'kernel' ogive net show --kernel 4 --size 64
    rejects 4 'at most 1073741824 are possible' ogive net show --size 65536 --batch 64
    ! ogive net show --size 16384 --batch 2 --width 64 >out 2>err
    grep -Eq 'inference needs [0-9]+ MB; this machine has [0-9]+ MB: use a smaller batch, size or network' err
}

@test "the memory that it says is the process's peak within a tenth" {
    measures_memory
    for network in '--size 128 --batch 2' '--size 96 --batch 2 --width 8 --residual --norm layer --skip attention --kernel 5'; do
        ogive net show $network --threads 1 --json >plan
        ogive bench step $network --threads 1 --turns 1 --json >step
        ogive bench infer $network --threads 1 --turns 1 --json >infer
        jq -s '.[0].training_bytes.total / .[1].peak_bytes' plan step | awk '{ exit !($1 > 0.9 && $1 < 1.1) }'
        jq -s '.[0].inference_bytes.total / .[1].peak_bytes' plan infer | awk '{ exit !($1 > 0.9 && $1 < 1.1) }'
    done
}

@test "networks with every further axis train from the command line, and their checkpoints predict" {
    tiny data 4 32
    axes='--width 8 --depth 2 --epochs 1 --batch 2 --threads 1'
    ogive train data -o one $axes --norm layer --skip attention --dropout 0.2 --order act-norm >/dev/null
    ogive train data -o two $axes --norm group --residual --skip add --kernel 5 --dilation-bottleneck 2 --convs 3 \
        --down average --up pixel-shuffle >/dev/null
    for run in one two; do
        ogive predict $run data/images -o $run.labels >/dev/null
        [ "$(ls $run.labels | wc -l)" = 4 ]
        ogive net show $run --size 64 --batch 1 --json >out
        holds '.parameters > 0 and .inference_bytes.total > 0' out
    done
    ogive net show two --size 64 --layers | grep -q 'encoder.0.conv.2'
}

@test "net show tells volumes by slices, height and width" {
    ogive net show --dims 3 --width 4 --depth 2 --batch 1 --channels 1 --size 8x16x24 --json >out
    holds '.d == 8 and .h == 16 and .w == 24' out
    holds '[.layers[] | select(.name == "encoder.1.conv.0")][0] | .d == 4 and .h == 8 and .w == 12' out
    # 27 products a voxel: 4 channels in and out of the second convolution
    holds '[.layers[] | select(.name == "encoder.0.conv.1")][0].gflop / (2e-9 * 27 * 16 * 8 * 16 * 24) - 1 | fabs < 1e-3' out
    ogive net show --dims 3 --width 4 --depth 2 --batch 1 --size 16 | grep -q '16 x 16 x 16 volumes'
    rejects 2 "16x128x96" ogive net show --dims 3 --size 16x16
}
