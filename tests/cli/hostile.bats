#!/usr/bin/env bats
# Files and folders that no reader should trust: a clear refusal or a sensible result, never a crash, a hang, or memory
# taken on the word of a header. The same tests run on the build with sanitizers.

load setup

setup_file() {
    code=0
    "$OGIVE_SOURCE_DIR/tests/cli/make_hostile.py" "$BATS_FILE_TMPDIR/files" 2>"$BATS_FILE_TMPDIR/err" || code=$?
    [ "$code" -ne 77 ] || skip "$(cat "$BATS_FILE_TMPDIR/err") (scripts/install-deps.sh test)"
    cat "$BATS_FILE_TMPDIR/err"
    return "$code"
}

# bounded COMMAND...: run in 2 GB of memory and a minute; sanitizers need the address space for themselves.
bounded() {
    (
        [ -n "${ASAN_OPTIONS+set}${UBSAN_OPTIONS+set}" ] || ulimit -v 2000000
        timeout 60 "$@"
    )
}

# check FILE: read a data set of which the file is an image, then one of which it is a mask
check() {
    printf 'image,mask\n%s,%s\n' "$1" "$2" >list.csv
    code=0
    bounded ogive data check list.csv >out 2>err || code=$?
}

@test "no file makes ogive crash, hang or take what a header claims" {
    tiny data 1 24
    while read -r file expected; do
        [ "$file" != bomb.png ] || [ -z "${ASAN_OPTIONS+set}${UBSAN_OPTIONS+set}" ] || continue
        for role in image mask; do
            [ "$expected:$role" != any:mask ] || continue
            path=$BATS_FILE_TMPDIR/files/$file
            [ "$role" = image ] && check "$path" data/masks/case00.png || check data/images/case00.png "$path"
            case $expected:$role:$code in
            any:image:[046]) ;;
            0:image:0 | 0:mask:[04]) ;;
            "$expected:$role:$expected") ;;
            *)
                echo "$file as $role: exit code $code, expected $expected"
                cat err
                return 1
                ;;
            esac
            [ "$code" -eq 0 ] || grep -qF "$file" err || grep -q 'mask' err || {
                echo "$file as $role is not named:"
                cat err
                return 1
            }
        done
    done <"$BATS_FILE_TMPDIR/files/expected"
}

@test "what is no ordinary file is refused" {
    tiny data 3 16
    rm data/images/case01.png
    mkfifo data/images/case01.png
    rejects 3 "no ordinary file" bounded ogive data check data
    rm data/images/case01.png
    ln -s case01.png data/images/case01.png
    rejects 3 "case01.png" bounded ogive data check data
    rm data/images/case01.png
    mkdir data/images/case01.png
    rejects 3 "it is a folder" bounded ogive data check data
    rmdir data/images/case01.png
    ln -s . data/images/case01.png
    rejects 3 "it is a folder" bounded ogive data check data
    ln -s loop loop
    rejects 3 "loop" bounded ogive data check loop
}

@test "locked files and folders are named" {
    [ "$(id -u)" -ne 0 ] || skip "root may read everything"
    tiny data 3 16
    chmod 0 data/images/case01.png
    rejects 3 "case01.png" ogive data check data
    chmod 0 data/masks
    rejects 3 "masks" ogive data check data
    chmod 755 data/masks
}

@test "names that are not UTF-8 work" {
    tiny data 6 16
    name=$(printf 'b\351t\351')
    mkdir "$name"
    mv data/images data/masks "$name"
    mv "$name/images/case00.png" "$name/images/$name.png"
    mv "$name/masks/case00.png" "$name/masks/$name.png"
    printf 'nothing\nth\350se\n' >"$name/classes.txt"
    ogive data check "$name" --json >check.json
    holds '.parts.train.images == 5 and (.name | length) == 4' check.json
    ogive train "$name" -o run $quick --quiet
    ogive eval run "$name" --json >scores.json
    jq -e . scores.json >/dev/null
    rm "$name/masks/$name.png"
    rejects 4 "$name" ogive data check "$name"
}

@test "masks without an object, one image, and images of one pixel" {
    tiny data 4 16
    for mask in data/masks/*; do
        { printf 'P5 16 16 255\n'; head -c 256 /dev/zero; } >"${mask%.png}.pgm"
        rm "$mask"
    done
    rejects 4 "every mask holds the value 0 alone" ogive data check data
    rm -r data
    tiny data 1 16
    ogive data check data --json >check.json
    holds 'any(.findings[]; .text == "a single image: nothing is held out")' check.json
    ogive train data -o run $quick --quiet
    [ -e run ]
    printf 'P5 1 1 255\n\007' >one.pgm
    printf 'P5 1 1 255\n\001' >mask.pgm
    printf 'P5 1 1 255\n\000' >other.pgm
    printf 'image,mask,split\none.pgm,mask.pgm,train\none.pgm,other.pgm,train\none.pgm,mask.pgm,val\n' >list.csv
    bounded ogive data check list.csv --json >check.json
    holds '.sizes == [{"height": 1, "width": 1, "images": 3}]' check.json
    bounded ogive train list.csv -o small $quick --quiet
}

@test "files that describe data sets are not trusted either" {
    tiny data 4 16
    for text in '' '[' '{}' '[1]' '{"training": 3}' '[{"image": 1}]' '[{"image": "a", "mask": ""}]' '{"training": [null]}' \
        "$(printf '[%.0s' $(seq 5000))" '[{"image": "\u0000", "mask": "b"}]'; do
        printf '%s' "$text" >list.json
        code=0
        bounded ogive data check list.json >out 2>err || code=$?
        case $code in 3 | 4) ;; *) echo "$text: $code"; cat err; return 1 ;; esac
    done
    for text in '' 'image' 'image,mask' 'image,mask\na' 'image,mask\n"a' 'image,mask\n,' 'image,mask\n\0,\0' 'image,mask\na,b,c,d'; do
        printf "$text" >list.csv
        code=0
        bounded ogive data check list.csv >out 2>err || code=$?
        case $code in 2 | 3 | 4) ;; *) echo "$text: $code"; cat err; return 1 ;; esac
    done
    for text in 'name' 'name,r,g,b\na,1' 'name,r,g,b\na,256,0,0\nb,0,0,0' 'name,r,g,b\na,0,0,0\nb,0,0,0' 'index,name\nx,a'; do
        printf "$text" >data/class_dict.csv
        rejects 4 "class_dict.csv" bounded ogive data check data
    done
}
