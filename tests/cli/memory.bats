#!/usr/bin/env bats
# The process's peak of memory is within a tenth of what was planned before the first tile or step.

load setup

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    tests=$OGIVE_SOURCE_DIR/tests/cli
    measures_memory
}

# within NAME PLANNED PEAK: both are bytes
within() {
    awk -v planned="$2" -v peak="$3" 'BEGIN { exit !(peak > 0.9 * planned && peak < 1.1 * planned) }' || {
        echo "$1: planned $2, peak $3"
        return 1
    }
}

trains() {
    ogive train "$@" -o run --epochs 1 --threads 2 --quiet --json >result.json
    # shellcheck disable=SC2046
    within "train $*" $(jq '.cost | .planned_bytes, .peak_bytes' result.json)
    rm -rf run
}

predicts() {
    ogive predict "$@" --force --threads 2 --quiet --json >made.json
    # shellcheck disable=SC2046
    within "predict $*" $(jq '.images[-1] | .planned_bytes, .peak_bytes' made.json)
}

@test "training, small and large networks, whole images and patches" {
    tiny data 4 64
    trains data --width 4 --depth 2 --batch 4
    trains data --width 24 --depth 4 --batch 2
    tiny large 4 160
    trains large --width 8 --depth 3 --batch 2 --patch 64 --norm instance --ema 0.9 --select best
}

@test "training on volumes" {
    "$tests/make_volumes.py" data 4
    trains data --dims 3 --width 8 --depth 2 --batch 2
    trains data --width 8 --depth 2 --batch 8
}

@test "prediction of pictures and volumes, small and large, by small and large networks" {
    command -v gdal_create >/dev/null || skip "gdal_create is not installed"
    tiny data 4 64
    "$tests/make_volumes.py" volumes 4
    ogive train volumes -o solid --dims 3 --width 8 --depth 2 --batch 2 --epochs 1 --quiet >/dev/null
    ogive train volumes -o slices --width 8 --depth 2 --batch 8 --epochs 1 --quiet >/dev/null
    predicts solid volumes/images/v1.nii.gz -o out.nii
    predicts slices volumes/images/v1.nii.gz -o out.nii --as probabilities
    gdal_create -q -of GTiff -outsize 400 300 -bands 1 -ot Byte -burn 90 wide.tif
    gdal_translate -q -of PNG wide.tif wide.png
    for width in 4 24; do
        ogive train data -o run --width $width --depth 3 --batch 2 --epochs 1 --quiet >/dev/null
        predicts run data/images/case00.png -o out.png
        predicts run wide.png -o out.png
        predicts run wide.tif -o out.tif --as probabilities --mirror
        predicts run data/images -o folder
        rm -rf run
    done
}

@test "scores of pictures and volumes, and what is said of the plan" {
    tiny data 4 160
    "$tests/make_volumes.py" volumes 4
    ogive train data -o pictures --width 16 --depth 3 --batch 2 --patch 64 --epochs 1 --quiet >/dev/null
    ogive train volumes -o solid --dims 3 --width 8 --depth 2 --batch 2 --epochs 1 --quiet >/dev/null
    for metrics in dice,ece dice,object_f1; do
        for task in "pictures data" "solid volumes"; do
            # shellcheck disable=SC2086
            ogive eval $task -m $metrics --threads 2 --json >made.json 2>said
            # shellcheck disable=SC2046
            within "eval $task $metrics" $(jq '.planned_bytes, .peak_bytes' made.json)
            grep -qx "planned memory $(jq '.planned_bytes / 1e6 | round' made.json) MB" said
        done
    done
    ogive eval pictures data --threads 2 --quiet >/dev/null 2>said
    [ ! -s said ]
}

@test "training and prediction tell what they plan before they begin, without a terminal too" {
    tiny data 4 64
    ogive train data -o run --width 4 --depth 2 --epochs 1 --threads 2 >/dev/null 2>said
    grep -qx "planned memory $(jq '.cost.planned_bytes / 1e6 | round' run/result.json) MB" said
    command -v gdal_create >/dev/null || skip "gdal_create is not installed"
    gdal_create -q -of GTiff -outsize 700 700 -bands 1 -ot Byte -burn 90 wide.tif
    ogive predict run wide.tif -o out.tif --tile 256 --json >made.json 2>said
    grep -q "tiles of 256 x 256; planned memory $(jq '.images[0].planned_bytes / 1e6 | round' made.json) MB (" said
}
