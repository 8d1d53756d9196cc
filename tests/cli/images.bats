#!/usr/bin/env bats
# Prediction on the kinds of images that carry more than pixels, and progress on a terminal.

load setup

@test "labels of a GeoTIFF keep its georeference" {
    command -v gdal_translate >/dev/null || skip "gdal-bin is not installed"
    tiny data 4 32
    ogive train data -o run $quick >/dev/null
    gdal_translate -q -of GTiff -a_srs EPSG:32633 -a_ullr 500000 5400000 500320 5399680 data/images/case00.png place.tif
    ogive predict run place.tif -o labels.tif >/dev/null
    for file in place labels; do
        gdalinfo -json $file.tif | jq '{geo: .geoTransform, size: .size, srs: .coordinateSystem.wkt}' >$file.json
    done
    cmp place.json labels.json
    [ "$(gdalinfo -json labels.tif | jq -r '.bands[0].type')" = Byte ]
}

@test "labels of a volume keep its geometry" {
    volume=/usr/share/mricron/templates/ch2.nii.gz
    [ -e "$volume" ] || skip "mricron-data is not installed"
    ogive train "$OGIVE_SOURCE_DIR/examples/brain-mask.yaml" -o run --width 4 --depth 1 --epochs 1 >/dev/null
    ogive predict run "$volume" -o labels.nii.gz >/dev/null
    zcat "$volume" | head -c 348 >image.header
    zcat labels.nii.gz | head -c 348 >labels.header
    # sizes, spacing, codes of the transforms, and the one that counts here (sform): offset and length in a NIfTI-1 header
    for field in '40 16' '80 12' '252 4' '280 48'; do
        set -- $field
        cmp --ignore-initial="$1" --bytes="$2" image.header labels.header
    done
}

@test "an image that the network cannot take is named" {
    tiny data 4 32
    ogive train data -o run $quick >/dev/null
    printf 'P6 4 4 255\n%048d' 0 >colour.ppm
    rejects 4 "colour.ppm" ogive predict run colour.ppm -o labels.png
    [ ! -e labels.png ]
    echo nonsense >nonsense.png
    rejects 4 "nonsense.png" ogive predict run nonsense.png -o labels.png
}

@test "progress is shown on a terminal, and only there" {
    command -v script >/dev/null || skip "script is not installed"
    tiny data 4 16
    script -qec "ogive train data -o run $quick" shown >/dev/null
    grep -q 'ETA .* epoch .* loss .* Dice' shown
    script -qec "ogive train data -o run2 $quick --quiet" quiet >/dev/null
    ! grep -q ETA quiet
    ogive train data -o run3 $quick >/dev/null 2>err
    [ -z "$(grep -vx 'planned memory [0-9]* MB' err)" ]
    # the line never wraps, and is gone at the end
    script -qec "stty cols 40; ogive compare data -o study --acts relu,silu --seeds 1 $quick" narrow >/dev/null
    tr '\r' '\n' <narrow | grep ETA | sed 's/\x1b\[K//g' | while read -r line; do [ "${#line}" -lt 40 ]; done
}
