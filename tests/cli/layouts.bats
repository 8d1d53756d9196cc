#!/usr/bin/env bats
# Data sets as people have them, each file written by the program that its kind comes from (make_sets.py).

load setup

setup_file() {
    code=0
    "$OGIVE_SOURCE_DIR/tests/cli/make_sets.py" "$BATS_FILE_TMPDIR" 2>"$BATS_FILE_TMPDIR/err" || code=$?
    [ "$code" -ne 77 ] || skip "$(cat "$BATS_FILE_TMPDIR/err") (scripts/install-deps.sh test)"
    cat "$BATS_FILE_TMPDIR/err"
    return "$code"
}

# check SET [OPTION...]: describe a set, into check.json
check() {
    local set=$BATS_FILE_TMPDIR/$1
    shift
    [ -e "$set/list.csv" ] && set=$set/list.csv
    [ -e "$set/list.json" ] && set=$set/list.json
    ogive data check "$set" --json "$@" >check.json
}

# The layout that is reported, training images, validation images, channels, classes and their names.
@test "each layout is recognised and reported" {
    while read -r set layout train held channels names; do
        echo "$set"
        check "$set"
        holds ".layout_name == \"$layout\"" check.json
        holds ".parts.train.images == $train and .parts.validation.images == $held" check.json
        holds ".channels == $channels" check.json
        holds "[.parts.train.classes[].name] | join(\",\") == \"$names\"" check.json
        holds ".parts.train.classes | all(.pixels > 0)" check.json
    done <<'END'
images-masks    images-masks    5  1 1 background,foreground
milesial        milesial        5  1 3 background,foreground
images-labels   images-labels   5  1 1 background,foreground
image-label     image-label     5  1 1 background,foreground
input-output    input-output    5  1 1 background,foreground
class-folders   class-folders   5  1 1 background,nucleus,wall
mmseg           mmseg           4  2 1 background,foreground
annotations     annotations     4  2 1 background,foreground
masks-by-part   masks-by-part   4  2 1 background,foreground
labels-by-part  labels-by-part  4  2 1 background,foreground
parts-masks     parts-masks     4  2 1 background,foreground
parts-labels    parts-labels    4  2 1 background,foreground
parts-label     parts-label     5  1 1 background,foreground
camvid          camvid          4  2 1 class 0,class 1,class 2
camvid-colours  camvid-colours  4  2 1 Sky,Building,Pole
carvana         carvana         5  1 1 background,foreground
dsb2018         dsb2018         5  1 3 background,foreground
isbi            isbi            9  2 1 background,foreground
cellpose        cellpose        3  1 1 background,foreground
beside-mask     beside-mask     9  3 3 background,foreground
beside-label    beside-label    5  1 1 background,foreground
beside-labels   beside-labels   5  1 1 background,foreground
deepglobe       deepglobe       5  1 3 background,foreground
nnunet          nnunet          8  2 2 background,edema,tumour
msd             msd             9  3 2 background,left atrium
list-csv        list            2  2 1 background,foreground
list-json       list            2  2 1 background,foreground
monai-json      list            4  2 1 background,foreground
END
}

@test "every layout has an example" {
    ogive data check --help | tr '|' '\n' | sed -n 's/^ *\([a-z0-9-]*\).*/\1/p' >words
    for layout in $(sed -n 's/^OG_LAYOUT("\([^"]*\)".*/\1/p' "$OGIVE_SOURCE_DIR/src/data/layouts.def"); do
        [ "$layout" = yaml ] || grep -q "^[a-z0-9-]* *$layout " "$BATS_TEST_FILENAME" || {
            echo "no example of the layout $layout"
            return 1
        }
    done
}

@test "a folder that fits several layouts is an error that names them, and --layout decides" {
    cp -r "$BATS_FILE_TMPDIR/images-masks" both
    cp -r "$BATS_FILE_TMPDIR/mmseg/img_dir" "$BATS_FILE_TMPDIR/mmseg/ann_dir" both
    rejects 4 "--layout images-masks" ogive data check both
    grep -q -- "--layout mmseg" err
    ogive data check both --layout mmseg --json >check.json
    holds '.layout_name == "mmseg" and .parts.train.images == 4' check.json
    rejects 4 "is not a folder with imgs/ and masks/" ogive data check both --layout milesial
}

@test "folds of nnU-Net are taken from its own list" {
    for fold in 0 1 2 3 4; do
        check nnunet --fold "$fold"
        holds '.parts.validation.images == 2' check.json
    done
    rejects 2 "has the folds 0 to 4" ogive data check "$BATS_FILE_TMPDIR/nnunet" --fold 5
    check nnunet --folds 2 --fold 1
    holds '.parts.validation.images == 4' check.json
}

# The classes of each kind of mask have the pixels that the script gave them, the ends of 12 masks' shares aside.
@test "each kind of mask is understood" {
    while read -r set count names; do
        echo "$set"
        check "$set"
        holds "[.parts.train.classes[].name] | join(\",\") == \"$names\"" check.json
        holds ".class_count == $count" check.json
        holds ".parts.train | (.classes[0].pixels / (.pixels - .ignored)) | . > 0.78 and . < 0.94" check.json
    done <<'END'
palette          3 class 0,class 1,class 2
palette-per-file 3 #000000,#0000ff,#ff0000
colours          3 #000000,#00ffff,#ff00ff
gaps             3 class 0,class 1,class 2
smooth-edges     2 background,foreground
smooth-colours   3 #000000,#0000ff,#ff0000
jpeg-masks       2 background,foreground
negative         2 background,foreground
empty-masks      2 background,foreground
END
    check smooth-edges
    holds 'any(.findings[]; .severity == "warning" and (.text | test("^[0-9.]+ % of the mask pixels hold one of [0-9]+ values between")))' check.json
    check gaps
    holds 'any(.findings[]; .severity == "warning" and (.text | contains("mask values 0, 7, 1000 are read as classes 0 to 2")))' check.json
    check palette
    holds '.parts.train.ignored == 5 * 32' check.json
    check negative
    holds '.parts.train.ignored == 3 * 32' check.json
}

@test "numbers of objects become one class where it is said" {
    rejects 4 "--masks objects" ogive data check "$BATS_FILE_TMPDIR/objects"
    check objects --masks objects
    holds '.class_count == 2 and .parts.train.classes[1].pixels > 500' check.json
    rejects 4 "different values" ogive data check "$BATS_FILE_TMPDIR/smooth-edges" --masks classes
}

@test "any value can be the ignore label" {
    check ignore-label --ignore 9
    holds '.class_count == 3 and .parts.train.ignored == 5 * 64' check.json
    check colours --ignore '#00ffff'
    holds '.class_count == 2 and .parts.train.ignored > 0' check.json
    rejects 2 "must be whole numbers (255), ranges (250-255) or colours" ogive data check "$BATS_FILE_TMPDIR/ignore-label" --ignore nine
}

@test "a YAML file names colours" {
    cat >set.yaml <<END
folder: $BATS_FILE_TMPDIR/colours
classes:
  rest: ["#000000", "#00ffff"]
  thing: "#ff00ff"
END
    ogive data check set.yaml --json >check.json
    holds '[.parts.train.classes[].name] == ["rest", "thing"]' check.json
    sed -i 's/, "#00ffff"//' set.yaml
    rejects 4 "mask value #00ffff" ogive data check set.yaml
}

@test "the meaning of mask values is told" {
    check palette
    holds '[.mask_values[] | [.value, .class]] == [["0", 0], ["1", 1], ["2", 2], ["255", null]]' check.json
    check smooth-edges
    holds '[.mask_values[] | select(.between | not) | [.value, .class]] == [["0", 0], ["255", 1]]' check.json
    ogive data check "$BATS_FILE_TMPDIR/nnunet" >check.txt
    grep -q '^  3 .* not scored$' check.txt
    grep -q 'spacing of rows 0.5 to 0.5 mm' check.txt
}

@test "near copies between training and validation are named" {
    check near-copies
    holds '.near_duplicates == 2 and .duplicates == 0' check.json
    holds 'any(.findings[]; .severity == "warning" and (.text | test("p5 ~ p0 .*p6 ~ p1")))' check.json
}

@test "pictures of a data set are drawn" {
    ogive data check "$BATS_FILE_TMPDIR/beside-mask" --preview sheet.png >/dev/null
    gdalinfo -json sheet.png | jq -e '.size[0] > 1000 and .size[1] > 300' >/dev/null
    ogive data check "$BATS_FILE_TMPDIR/smooth-edges" --preview sheets >/dev/null
    [ "$(ls sheets)" = sheet001.png ]
    : >file
    rejects 3 "file" ogive data check "$BATS_FILE_TMPDIR/smooth-edges" --preview file/sheets --json
}

# The same pictures in every format: the mean differs only where the format loses something.
@test "each format is read" {
    while read -r set channels mean; do
        echo "$set"
        check "$set"
        holds ".channels == $channels and .class_count == 2" check.json
        holds "(.values[0].mean / $mean) | . > 0.995 and . < 1.005" check.json
    done <<'END'
png            1 92.9
jpeg           1 92.9
bmp            1 92.9
pnm            1 92.9
gif            1 92.9
webp           3 92.9
tiff-8         1 92.9
tiff-16        1 23782
tiff-32        1 92.9
tiff-float     1 92.9
tiff-double    1 92.9
tiff-tiled     1 92.9
geotiff-1      1 92.9
geotiff-5      5 92.9
geotiff-40    40 92.9
nifti          1 92.9
npy-8          1 92.9
npy-float      1 92.9
npy-big-endian 1 92.9
npy-fortran    1 92.9
npy-half       1 92.9
npy-colour     3 92.9
npy-bands      3 92.9
npy-volume     1 92.9
END
}

@test "channels in files of their own are predicted as one image, called by the case" {
    set=$BATS_FILE_TMPDIR/nnunet
    ogive train "$set" -o run --depth 2 --width 4 --epochs 1 --threads 1 >/dev/null
    ogive predict run "$set/imagesTr" -o labels --json >predict.json
    holds '.images | length == 5' predict.json
    ls labels | diff - <(ls "$set/labelsTr")
    ogive eval labels "$set" --volumes --metrics dice --json >files.json
    ogive eval run "$set" --metrics dice --json >run.json
    cmp <(jq -S '[.metrics[] | {class, pooled}]' run.json) <(jq -S '[.metrics[] | {class, pooled}]' files.json)
    # As from one file with both channels, alone too, and into a folder.
    mkdir both one
    /usr/bin/python3 - "$set/imagesTr/BRATS_000" <<'PYTHON'
import sys
import nibabel
import numpy
files = [nibabel.load(f"{sys.argv[1]}_{channel:04d}.nii.gz") for channel in range(2)]
joined = numpy.stack([numpy.asarray(f.dataobj) for f in files], -1)
nibabel.save(nibabel.Nifti1Image(joined, files[0].affine), "both/BRATS_000.nii.gz")
PYTHON
    ogive predict run both/BRATS_000.nii.gz -o both.nii.gz >/dev/null
    ogive predict run "$set/imagesTr/BRATS_000_0000.nii.gz" -o one >/dev/null
    for file in both.nii.gz one/BRATS_000.nii.gz; do
        cmp <(zcat "$file" | tail -c +353) <(zcat labels/BRATS_000.nii.gz | tail -c +353)
    done
    ogive predict run "$set/imagesTr/BRATS_000_0000.nii.gz" -o x.nii.gz --axis y >/dev/null
    cp "$set/imagesTr/BRATS_000_0000.nii.gz" .
    rejects 3 "and there is no 'BRATS_000_0001.nii.gz' beside it" ogive predict run BRATS_000_0000.nii.gz -o y.nii.gz
    /usr/bin/python3 - <<'PYTHON'
import nibabel
import numpy
nibabel.save(nibabel.Nifti1Image(numpy.zeros((5, 5, 2), numpy.uint8), numpy.eye(4)), "BRATS_000_0001.nii.gz")
PYTHON
    rejects 4 "which belongs to it" ogive predict run BRATS_000_0000.nii.gz -o y.nii.gz
}
