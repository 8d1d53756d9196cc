#!/usr/bin/env bats
# Prediction on large and placed images, several networks, cross-validation, and files that are not what they should be.

load setup

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$OGIVE_SOURCE_DIR/tests/cli/make_data.py" data 6 48
    ogive train data -o run --width 4 --depth 2 --epochs 8 --lr 0.01 --batch 4 --threads 1 >/dev/null
    ogive train data -o run2 --width 4 --depth 2 --epochs 2 --seed 3 --batch 4 --threads 1 >/dev/null
}

needs() {
    for program in "$@"; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

# numbers PROGRAM: Debian's Python, with NumPy
numbers() {
    /usr/bin/python3 -c "import numpy" 2>/dev/null || skip "NumPy is not installed"
    /usr/bin/python3 -c "import numpy as np; $1"
}

@test "a GeoTIFF with no-data pixels and a palette keeps its place, and has no labels where it has no data" {
    needs gdal_translate gdalinfo
    /usr/bin/python3 -c 'import osgeo.gdal' 2>/dev/null || skip "GDAL's Python bindings are not installed"
    run=$BATS_FILE_TMPDIR/run
    gdal_translate -q -of GTiff -ot Float32 -a_nodata -9999 -a_srs EPSG:32633 -a_ullr 500000 5400000 500480 5399520 \
        "$BATS_FILE_TMPDIR/data/images/case00.png" place.tif
    /usr/bin/python3 - <<'END'
from osgeo import gdal
import numpy as np
file = gdal.Open("place.tif", gdal.GA_Update)
pixels = file.ReadAsArray()
pixels[:10, :] = -9999
file.WriteArray(pixels)
END
    ogive predict "$run" place.tif -o labels.tif --json >labels.json
    holds '.images[0].no_data == 480 and ([.images[0].pixels[]] | add == 1824)' labels.json
    for file in place labels; do
        gdalinfo -json $file.tif | jq '{geo: .geoTransform, size: .size, srs: .coordinateSystem.wkt}' >$file.info
    done
    cmp place.info labels.info
    holds '.bands[0] | .noDataValue == 255 and .type == "Byte" and .colorInterpretation == "Palette"' <(gdalinfo -json labels.tif)
    ogive predict "$run" place.tif -o probs.tif --as probabilities >/dev/null
    /usr/bin/python3 - <<'END'
from osgeo import gdal
import numpy as np
labels, probs = (gdal.Open(name).ReadAsArray() for name in ("labels.tif", "probs.tif"))
assert probs.dtype == np.float32 and probs.shape == (2, 48, 48)
assert (labels[:10] == 255).all() and np.isnan(probs[:, :10]).all()
assert (labels[10:] == probs[:, 10:].argmax(0)).all()
assert np.allclose(probs[:, 10:].sum(0), 1, atol=1e-5)
END
    # Pixels without data count as the mean, whatever number stands in them.
    /usr/bin/python3 - <<'END'
from osgeo import gdal
file = gdal.Open("place.tif", gdal.GA_Update)
pixels = file.ReadAsArray()
pixels[:10, :] = 77777
file.WriteArray(pixels)
file.GetRasterBand(1).SetNoDataValue(77777)
END
    ogive predict "$run" place.tif -o labels2.tif >/dev/null
    /usr/bin/python3 -c 'from osgeo import gdal; assert (gdal.Open("labels.tif").ReadAsArray() == gdal.Open("labels2.tif").ReadAsArray()).all()'
    # A palette stands for its colours: the same grey picture in other numbers.
    gdal_translate -q -of PNG -colorinterp gray "$BATS_FILE_TMPDIR/data/images/case00.png" grey.png
    /usr/bin/python3 - <<'END'
from osgeo import gdal
pixels = gdal.Open("grey.png").ReadAsArray()
file = gdal.GetDriverByName("GTiff").Create("palette.tif", 48, 48, 1, gdal.GDT_Byte)
table = gdal.ColorTable()
for i in range(256):
    table.SetColorEntry(i, (255 - i, 255 - i, 255 - i))
file.GetRasterBand(1).SetColorTable(table)
file.WriteArray(255 - pixels)
END
    ogive predict "$run" grey.png -o grey-labels.png >/dev/null
    ogive predict "$run" palette.tif -o palette-labels.png >/dev/null
    cmp grey-labels.png palette-labels.png
}

@test "a large image is predicted in the memory that was planned" {
    measures_memory
    needs gdal_create
    gdal_create -q -of GTiff -outsize 8000 8000 -bands 1 -ot Byte -burn 90 -co SPARSE_OK=TRUE -co TILED=YES -co COMPRESS=DEFLATE \
        -a_srs EPSG:32633 -a_ullr 0 80000 80000 0 large.tif
    ogive predict "$BATS_FILE_TMPDIR/run" large.tif -o labels.tif --memory 170 --overlap 0 --threads 1 --json >large.json
    holds '.images[0] | .tiles > 100 and .planned_bytes < 170e6 and .peak_bytes < 1.1 * .planned_bytes
        and .peak_bytes > 0.8 * .planned_bytes and ([.pixels[]] | add == 64e6)' large.json
    holds '.size == [8000, 8000] and .geoTransform == [0, 10, 0, 80000, 0, -10]' <(gdalinfo -json labels.tif)
    rejects 1 "--memory" ogive predict "$BATS_FILE_TMPDIR/run" large.tif -o small.tif --memory 40
    [ ! -e small.tif ]
    no_leftovers .
}

@test "every kind of output holds the same numbers" {
    run=$BATS_FILE_TMPDIR/run image=$BATS_FILE_TMPDIR/data/images/case00.png
    ogive predict "$run" "$image" -o labels.png >/dev/null
    ogive predict "$run" "$image" -o labels.npy >/dev/null
    ogive predict "$run" "$image" -o probs.npy --as probabilities >/dev/null
    ogive predict "$run" "$image" -o logits.npy --as logits >/dev/null
    ogive predict "$run" "$image" -o probs.nii --as probabilities >/dev/null
    numbers '
labels, probs, logits = (np.load(name + ".npy") for name in ("labels", "probs", "logits"))
assert labels.shape == (48, 48) and labels.dtype == np.uint8 and probs.shape == (2, 48, 48)
assert (probs.argmax(0) == labels).all() and 0 < labels.mean() < 1
assert np.allclose(np.exp(logits) / np.exp(logits).sum(0), probs, atol=1e-5)
volume = np.fromfile("probs.nii", "<f4", offset=352).reshape(2, 48, 48)
assert (volume == probs).all()'
    rejects 2 "its ending must be .tif, .tiff, .npy, .nii or .nii.gz" ogive predict "$run" "$image" -o p.png --as probabilities
    rejects 2 "its ending must be .geojson or .gpkg" ogive predict "$run" "$image" -o p.tif --as polygons
}

@test "polygons cover what is labelled, under the classes' names" {
    needs gdal_translate
    run=$BATS_FILE_TMPDIR/run
    gdal_translate -q -of GTiff -a_srs EPSG:32633 -a_ullr 500000 5400000 500480 5399520 "$BATS_FILE_TMPDIR/data/images/case00.png" p.tif
    ogive predict "$run" p.tif -o fields.geojson --as polygons --json >p.json
    ogive predict "$run" p.tif -o fields.gpkg --as polygons >/dev/null
    [ -s fields.gpkg ]
    jq -n --slurpfile p p.json --slurpfile f fields.geojson \
        '([$f[0].features[].properties.area] | add) == 100 * $p[0].images[0].pixels.foreground' | grep -qx true
    holds 'all(.features[]; .properties.class == 1 and .properties.name == "foreground" and .geometry.type == "Polygon")
        and (.crs.properties.name | endswith("32633"))' fields.geojson
    no_leftovers .
}

@test "objects are listed with their boxes, on the map where there is one" {
    needs gdal_translate
    run=$BATS_FILE_TMPDIR/run
    gdal_translate -q -of GTiff -a_srs EPSG:32633 -a_ullr 500000 5400000 500480 5399520 "$BATS_FILE_TMPDIR/data/images/case00.png" p.tif
    ogive predict "$run" p.tif -o labels.npy >/dev/null
    ogive predict "$run" p.tif -o objects.csv --as objects >/dev/null
    ogive predict "$run" p.tif -o objects.geojson --as objects --json >p.json
    jq -n --slurpfile p p.json --slurpfile f objects.geojson \
        '([$f[0].features[].properties.pixels] | add) == $p[0].images[0].pixels.foreground
            and ($f[0].features | length) == $p[0].images[0].shapes' | grep -qx true
    numbers '
import csv, json
labels = np.load("labels.npy")
rows, boxes = list(csv.DictReader(open("objects.csv"))), json.load(open("objects.geojson"))
assert boxes["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633" and len(rows) == len(boxes["features"]) > 0
for row, feature in zip(rows, boxes["features"]):
    x0, x1, y0, y1 = (int(row[key]) for key in ("x_min", "x_max", "y_min", "y_max"))
    part = labels[y0:y1, x0:x1] == 1
    assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()
    assert row["name"] == "foreground" and feature["properties"]["box"] == [x0, y0, x1, y1]
    ring = np.array(feature["geometry"]["coordinates"][0])
    assert (ring.min(0) == [500000 + 10 * x0, 5400000 - 10 * y1]).all() and (ring.max(0) == [500000 + 10 * x1, 5400000 - 10 * y0]).all()'
}

@test "several networks, a mirrored image, a list of images" {
    a=$BATS_FILE_TMPDIR/run b=$BATS_FILE_TMPDIR/run2 image=$BATS_FILE_TMPDIR/data/images/case01.png
    for runs in "$a" "$b" "$a $b"; do
        # shellcheck disable=SC2086
        ogive predict $runs "$image" -o "$(echo "$runs" | wc -w)-$(basename "${runs%% *}").npy" --as probabilities >/dev/null
    done
    ogive predict "$a" "$image" -o mirror.npy --as probabilities --mirror >/dev/null
    numbers '
a, b, both, mirror = (np.load(name + ".npy") for name in ("1-run", "1-run2", "2-run", "mirror"))
assert np.allclose((a + b) / 2, both, atol=1e-6) and abs(a - b).max() > 1e-3
assert abs(a - mirror).max() > 1e-4 and np.allclose(mirror.sum(0), 1, atol=1e-5)'
    printf '# two of them\n%s\n%s\n' "$image" "$BATS_FILE_TMPDIR/data/images/case02.png" >images.txt
    ogive predict "$a" images.txt -o listed >/dev/null
    [ "$(ls listed)" = "$(printf 'case01.png\ncase02.png')" ]
    echo absent.png >>images.txt
    rejects 3 "absent.png" ogive predict "$a" images.txt -o listed2
    "$tests/make_data.py" other 4 16
    printf 'a\nb\n' >other/classes.txt
    ogive train other -o run3 $quick >/dev/null
    rejects 2 "only networks that agree" ogive predict "$a" run3 "$image" -o x.png
}

@test "cross-validation predicts every image once, goes on after a kill to the same bits, and is an ensemble" {
    data=$BATS_FILE_TMPDIR/data
    settings='--folds 3 --width 4 --depth 2 --batch 4 --threads 1 --epochs 60'
    ogive cv "$data" -o straight $settings --json >straight.json
    cmp <(jq -S . straight.json) <(jq -S . straight/cv.json)
    holds '.status == "finished" and ([.folds[].images] | add == 6) and .out_of_fold.images == 6 and (.folds | length == 3)
        and .mean_over_folds.mean_dice == ([.folds[].mean_dice] | add / 3)' straight.json
    # The score of all is that of the labels that each fold's network gives its own images.
    mkdir left_out
    for fold in 0 1 2; do
        ogive eval straight/fold-$fold "$data" --folds 3 --fold $fold --per-image fold.csv >/dev/null
        for name in $(tail -n +2 fold.csv | cut -d'"' -f2 | sort -u); do
            ogive predict straight/fold-$fold "$data/images/$name.png" -o left_out/ >/dev/null
        done
    done
    [ "$(ls left_out | wc -l)" -eq 6 ]
    ogive eval left_out "$data" --folds 2 --fold 0 --json >half0.json
    ogive eval left_out "$data" --folds 2 --fold 1 --json >half1.json
    jq -n --slurpfile a half0.json --slurpfile b half1.json --slurpfile c straight.json \
        '($a[0].accuracy * $a[0].images + $b[0].accuracy * $b[0].images) / 6 - $c[0].out_of_fold.accuracy | fabs < 1e-9' |
        grep -qx true
    ogive cv "$data" -o killed $settings >/dev/null 2>&1 &
    process=$!
    for _ in $(seq 200); do
        [ -e killed/fold-1/checkpoint.safetensors ] && break
        sleep 0.02
    done
    kill -KILL $process
    wait $process || true
    [ ! -e killed/cv.json ]
    rejects 4 "not finished" ogive predict killed "$data/images/case00.png" -o x.png
    ogive cv "$data" -o killed $settings >/dev/null
    for fold in 0 1 2; do cmp killed/fold-$fold/model.safetensors straight/fold-$fold/model.safetensors; done
    cmp killed/cv.json straight/cv.json
    ogive predict straight "$data/images/case00.png" -o all.npy --as probabilities >/dev/null
    ogive predict straight/fold-0 straight/fold-1 straight/fold-2 "$data/images/case00.png" -o each.npy --as probabilities >/dev/null
    cmp all.npy each.npy
    rejects 2 "fold 0: the run in" ogive cv "$data" -o killed $settings --folds 2
}

@test "files that are not what they should be are named, and nothing is left" {
    needs gdal_create gdal_translate
    run=$BATS_FILE_TMPDIR/run
    gdal_create -q -of GTiff -outsize 400 400 -bands 1 -ot Byte -burn 5 -co COMPRESS=NONE whole.tif
    head -c 60000 whole.tif >cut.tif
    rejects 4 "cut.tif" ogive predict "$run" cut.tif -o out.tif
    gdal_create -q -of GTiff -outsize 60 60 -bands 3 -ot Byte colour.tif
    rejects 4 "'colour.tif': the image has 3 channels; the network takes 1" ogive predict "$run" colour.tif -o out.tif
    printf '\x49\x49\x2a\x00\xff\xff\xff\x7f' >odd.tif
    rejects 4 "odd.tif" ogive predict "$run" odd.tif -o out.tif
    mkdir empty
    rejects 3 "no image" ogive predict "$run" empty -o out
    printf 'not an image' >text.png
    rejects 4 "text.png" ogive predict "$run" text.png -o out.png
    rejects 3 "cannot" ogive predict "$run" whole.tif -o /proc/out.tif
    gdal_create -q -of GTiff -outsize 40 40 -bands 1 -ot Float32 -burn nan nan.tif
    rejects 4 "holds NaN at x = 0, y = 0" ogive predict "$run" nan.tif -o out.tif
    [ ! -e out.tif ]
    # A disk that is full while a large file is written: files may have 100 kB here.
    gdal_create -q -of GTiff -outsize 1500 1500 -bands 1 -ot Byte -co SPARSE_OK=TRUE -co TILED=YES wide.tif
    code=0
    (
        trap '' XFSZ
        ulimit -f 100
        ogive predict "$run" wide.tif -o out.tif --as probabilities --overlap 0 --tile 256 >/dev/null 2>err
    ) || code=$?
    [ "$code" -eq 3 ] && grep -q "cannot write 'out.tif" err
    [ ! -e out.tif ]
    no_leftovers .
}

@test "a prediction that is stopped leaves no half file, and one that was killed is swept away" {
    needs gdal_create
    gdal_create -q -of GTiff -outsize 6000 6000 -bands 1 -ot Byte -co SPARSE_OK=TRUE -co TILED=YES wide.tif
    ogive predict "$BATS_FILE_TMPDIR/run" wide.tif -o out.tif --tile 128 --threads 1 >/dev/null 2>err &
    process=$!
    for _ in $(seq 200); do
        ls out.tif.*.part >/dev/null 2>&1 && break
        sleep 0.02
    done
    kill -INT $process
    code=0
    wait $process || code=$?
    [ "$code" -eq 130 ]
    [ ! -e out.tif ]
    no_leftovers .
    touch out.tif.4194305.part
    ogive predict "$BATS_FILE_TMPDIR/run" "$BATS_FILE_TMPDIR/data/images/case00.png" -o out.tif >/dev/null
    no_leftovers .
}
