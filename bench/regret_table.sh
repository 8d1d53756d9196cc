#!/bin/sh
# Make the table that bench/regret.py replays: regret_table.sh NUCLEI TABLE.csv.gz
#
# NUCLEI is a folder with images/ and masks/ of nuclei. 64 of its images of 256 x 256 pixels
# at a quarter of their size, networks of width 4 and depth 2, 9 epochs: every activation of three with three values of its
# parameter, fixed and learned, with six learning rates and two weight decays; 216 runs of about a second. What is done
# already is not done again.
set -eu
images=$1
table=$2
work=${REGRET_WORK:-build/regret}
data=$work/data
mkdir -p "$data/images" "$data/masks" "$work/runs"
if [ -z "$(ls "$data/images")" ]; then
    find "$images/images" -name '*.png' | sort | while read -r image; do
        name=$(basename "$image")
        file "$image" | grep -q ' 256 x 256' || continue
        [ "$(ls "$data/images" | wc -l)" -lt 64 ] || break
        cp "$image" "$data/images/"
        cp "$images/masks/$name" "$data/masks/"
    done
fi

run() { # act parameter value learn lr weight-decay
    out=$work/runs/$1-$3-$4-$5-$6
    [ -e "$out/result.json" ] || nice -n 15 ogive train "$data" -o "$out" --act "$1($2=$([ "$4" = layer ] && echo "learn($3)" || echo "$3"))" \
        --lr "$5" --wd "$6" --scale 0.25 --patch 32 --width 4 --depth 2 --epochs 9 --batch 4 --threads 1 --data-threads 0 --health-every 0 \
        --resume -q >/dev/null || true
    jq -r --arg row "$1,$3,$4,$5,$6" '$row + "," + ([.curve[].dice // 0] + [0,0,0,0,0,0,0,0,0] | .[:9] | map(. * 1e5 | round / 1e5 | tostring) | join(","))' \
        "$out/result.json"
}

{
    echo act,value,learn,lr,weight_decay,dice1,dice2,dice3,dice4,dice5,dice6,dice7,dice8,dice9
    while read -r act parameter values; do
        for value in $values; do
            for learn in fixed layer; do
                for lr in 1e-4 4e-4 1.6e-3 6.4e-3 2.56e-2 0.1024; do
                    for decay in 1e-5 1e-2; do run "$act" "$parameter" "$value" "$learn" "$lr" "$decay"; done
                done
            done
        done
    done <<ACTS
leaky_relu a 0.01 0.05 0.2
elu a 0.25 1 2
swish_beta b 0.25 1 4
ACTS
} >"$work/table.csv"
gzip -9 -n -c "$work/table.csv" >"$table"
