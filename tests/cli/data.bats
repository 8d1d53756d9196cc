#!/usr/bin/env bats
# Data sets: what is described, and what is refused. The same texts come from train and compare, which read data alike.

load setup

@test "data check describes a folder" {
    tiny data 8 32
    ogive data check data --json >check.json
    holds '.channels == 1 and .class_count == 2' check.json
    holds '.parts.train.images + .parts.validation.images == 8' check.json
    holds '.sizes == [{"height": 32, "width": 32, "images": 8}]' check.json
    holds '[.parts.train.classes[].pixels] | add == '"$(jq '.parts.train.pixels' check.json)" check.json
    ogive data check data >check.txt
    grep -q 'training and .* validation images' check.txt
}

@test "a missing data set, folder or file is named" {
    rejects 3 "absent" ogive data check absent
    rejects 3 "absent.yaml" ogive data check absent.yaml
    mkdir empty
    rejects 4 "empty" ogive data check empty
}

@test "an image without mask is refused, a mask without image is a warning" {
    tiny data 6 16
    rm data/masks/case03.png
    rejects 4 "case03" ogive data check data
    rejects 4 "case03" ogive train data -o run
    [ ! -e run ]
    tiny data 6 16
    rm data/images/case02.png
    ogive data check data --json >check.json
    holds 'any(.findings[]; .severity == "warning" and (.text | contains("case02")))' check.json
}

@test "an image and a mask of different sizes are named with both sizes" {
    tiny data 6 16
    tiny other 6 24
    cp other/masks/case01.png data/masks/case01.png
    rejects 4 "case01" ogive data check data
    grep -q 16 err
    grep -q 24 err
}

@test "a mask value outside the classes is named" {
    tiny data 6 16
    printf 'index,name\n0,background\n1,disk\n' >data/classes.csv
    printf 'P5 16 16 255\n' >data/masks/case01.pgm
    { head -c 100 /dev/zero; printf '\007'; head -c 155 /dev/zero; } >>data/masks/case01.pgm
    rm data/masks/case01.png
    rejects 4 "7" ogive data check data
    grep -q case01 err
}

@test "a damaged image is named" {
    tiny data 6 16
    head -c 60 data/images/case04.png >half
    mv half data/images/case04.png
    rejects 4 "case04" ogive data check data
    echo 'not an image' >data/images/case04.png
    rejects 4 "case04" ogive data check data
}

@test "data preview draws a sheet of the augmentations, with the options that training has" {
    tiny data 6 24
    ogive data preview data -o sheet.png --patch 16x24 --augment nnunet --elastic 4@0.5 >out
    grep -qx sheet.png out
    file sheet.png | grep -q 'PNG image data, 1524 x'
    ogive data preview data -o again.png --patch 16x24 --augment nnunet --elastic 4@0.5 --quiet
    cmp sheet.png again.png
    ogive data preview data -o other.png --patch 16x24 --augment light --image case02
    ! cmp -s sheet.png other.png
    for command in "data preview" train; do
        ogive $command --help | sed -n '/^Augmentation/,/^$/p' | grep -o '^  --[a-z-]*' | sort >"${command// /_}.options"
    done
    [ "$(wc -l <train.options)" -gt 15 ]
    diff data_preview.options train.options >more || true
    [ "$(grep "^[<>]" more)" = ">   --tilt" ] # of volumes alone: the sheet is of pictures
}

@test "data preview says what it cannot draw" {
    tiny data 6 24
    rejects 2 "sheet.jpg" ogive data preview data -o sheet.jpg
    rejects 2 "case99" ogive data preview data -o sheet.png --image case99
    rejects 2 "rotate" ogive data preview data -o sheet.png --rotate 500
    rejects 2 "3y4" ogive data preview data -o sheet.png --patch 3y4
    rejects 2 "tone-inverted" ogive train data -o run --tone-inverted much
    rejects 2 "class-weights" ogive train data -o run --class-weights 1,2,3,4
    [ ! -e sheet.png ] && [ ! -e run ]
}
