#!/usr/bin/env bats
# Networks of volumes: trained on 3-D patches, scored and predicted as a whole, with the files' geometry kept.

load setup

volumes() {
    "$tests/make_volumes.py" "$@"
}
solid='--dims 3 --depth 2 --width 8 --patch 8x16x16 --batch 2 --threads 1 --lr 1e-2'

# classes PATH: the bytes behind a NIfTI header. header PATH: sizes, spacing and affine.
classes() {
    zcat "$1" | tail -c +353
}
header() {
    zcat "$1" | head -c 348 | od -A n -t x1 -v -j 40 -N 16
    zcat "$1" | head -c 348 | od -A n -t x1 -v -j 80 -N 12
    zcat "$1" | head -c 348 | od -A n -t x1 -v -j 280 -N 48
}

# strides RUN LIST: what a trained network says it does along the slices
strides() {
    grep -aoE '"option.slice-strides": ?"[0-9,]*"' "$1/model.safetensors" | grep -qE "\"$2\""
}

@test "a network of volumes learns to find balls, and eval scores it in millimetres" {
    volumes data
    ogive train data -o run $solid --epochs 16 --json >result.json
    holds '.scores.mean_dice > 0.7' result.json
    ogive eval run data --metrics dice,hd95 --json >eval.json
    holds '.unit == "mm" and .images == 1' eval.json
    jq -n --slurpfile a result.json --slurpfile b eval.json '$a[0].scores.mean_dice - $b[0].mean_dice | fabs < 1e-4' |
        grep -qx true
    ogive predict run data/images -o labels --json >predict.json
    holds '(.images | length) == 5 and all(.images[]; [.pixels[]] | add == 7680)' predict.json
    ogive eval labels data --volumes --metrics dice,hd95 --json >files.json
    cmp <(jq -S .metrics eval.json) <(jq -S .metrics files.json)
}

@test "a predicted volume keeps sizes, spacing and affine, in tiles too" {
    volumes data 3
    ogive train data -o run $solid --epochs 1 >/dev/null
    ogive predict run data/images/v1.nii.gz -o whole.nii.gz
    ogive predict run data/images/v1.nii.gz -o tiles.nii.gz --tile 8 --json >tiles.json
    for file in whole tiles; do
        cmp <(header data/images/v1.nii.gz) <(header $file.nii.gz)
        [ "$(classes $file.nii.gz | wc -c)" -eq 7680 ]
    done
    ogive predict run data/images/v1.nii.gz -o probs.nii.gz --as probabilities
    [ "$(classes probs.nii.gz | wc -c)" -eq $((2 * 4 * 7680)) ]
}

@test "volumes: the same bits twice, and after being killed and resumed" {
    volumes data 3
    ogive train data -o a $solid --epochs 3 >/dev/null
    ogive train data -o b $solid --epochs 3 --data-threads 1 >/dev/null
    cmp a/model.safetensors b/model.safetensors
    ogive train data -o c $solid --epochs 3 >/dev/null &
    until [ -s c/checkpoint.safetensors ] || [ -s c/result.json ]; do sleep 0.05; done
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    ogive train data -o c $solid --epochs 3 --resume >/dev/null
    cmp a/model.safetensors c/model.safetensors
}

@test "weights have the layout of PyTorch's Conv3d" {
    volumes data 2
    ogive train data -o run $solid --epochs 1 >/dev/null
    python3 - <<'END'
import json, struct
with open("run/model.safetensors", "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
shapes = {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
assert shapes["encoder.0.conv.0.weight"] == [8, 1, 3, 3, 3], shapes
assert shapes["decoder.0.up.weight"] == [16, 8, 1, 2, 2] or shapes["decoder.0.up.weight"] == [16, 8, 2, 2, 2], shapes
assert shapes["head.weight"] == [2, 8, 1, 1, 1], shapes
END
}

@test "slabs of one volume are trained on and held out as volumes, without the guard slices" {
    volumes data 1
    ogive train data/slabs.yaml -o run $solid --epochs 1 --json >result.json
    ogive eval run data/slabs.yaml --per-image scores.csv >/dev/null
    grep -q '^"z007-010",' scores.csv
    [ "$(grep -c '^"z007-010",' scores.csv)" -eq "$(($(wc -l <scores.csv) - 1))" ]
    ogive data check data/slabs.yaml --volumes --json >check.json
    holds '.sizes[0].images == 3' check.json # 1-5 and 12-15 learned from, 7-10 held out
}

@test "volumes at a share of their size, or at a spacing, are learned, scored and predicted at full size" {
    volumes data
    for how in '--scale 0.75' '--spacing 1.5' '--spacing 1.5x1x0.8'; do
        rm -rf run labels
        ogive train data -o run $solid $how --epochs 16 --json >result.json
        holds '.scores.mean_dice > 0.7' result.json
        ogive eval run data --metrics dice --json >eval.json
        jq -n --slurpfile a result.json --slurpfile b eval.json \
            '$a[0].scores.mean_dice - $b[0].mean_dice | fabs < 1e-3' | grep -qx true
        ogive predict run data/images -o labels
        cmp <(header data/images/v1.nii.gz) <(header labels/v1.nii.gz)
        ogive eval labels data --volumes --metrics dice --json >files.json
        cmp <(jq -S .metrics eval.json) <(jq -S .metrics files.json)
    done
    rejects 2 "spacing" ogive train data -o no $solid --spacing 1x1
    rejects 2 "give one" ogive train data -o no $solid --spacing 1 --scale 0.5
    [ ! -e no ]
}

@test "cross-validation of volumes scores in millimetres" {
    volumes data 4
    ogive cv data -o cv $solid --folds 2 --epochs 4 --metrics dice,hd95 --json >cv.json
    holds '.out_of_fold.unit == "mm" and .out_of_fold.images == 4' cv.json
}

@test "kernels and strides along the slices follow the spacing, or are told" {
    volumes data 2
    ogive train data -o flat $solid --epochs 1 --slice-strides 1,2 --slice-kernels 1,3,3 >/dev/null
    strides flat 1,2
    ogive train data -o auto $solid --epochs 1 >/dev/null
    strides auto 2,1 # of 8 slices 4 are left, too few to halve
    rejects 2 "slice-strides" ogive train data -o no $solid --slice-strides 2
    rejects 2 "SLICESxHEIGHTxWIDTH" ogive train data -o no $solid --patch 16x16
    rejects 2 "HEIGHTxWIDTH" ogive train data -o no --patch 8x16x16
    [ ! -e no ]
}
