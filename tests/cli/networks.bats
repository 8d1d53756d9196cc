#!/usr/bin/env bats
# Published networks by name, and checkpoints that come and go.

load setup

# setting RUN OPTION: its value in the run's model.
setting() {
    python3 - "$1/model.safetensors" "option.$2" <<'END'
import json, struct, sys
content = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", content[:8])
print(json.loads(content[8:8 + length])["__metadata__"][sys.argv[2]])
END
}

@test "a preset sets what is not given, on the command line and in a configuration" {
    tiny data 4 16
    ogive train data -o run --width 4 --preset nnunet --norm batch --patch 16 --epochs 1 --threads 1 >out
    grep -q "leaky_relu everywhere" out
    [ "$(setting run width)" = 4 ]
    [ "$(setting run norm)" = batch ]
    [ "$(setting run down)" = strided ]
    [ "$(setting run depth)" = 2 ] # 16 px, halved while 4 are left
    printf 'width: 4\ndepth: 2\npreset: milesial-bilinear\n' >run.yaml
    ogive train data -o other --config run.yaml --epochs 1 --threads 1 >/dev/null
    [ "$(setting other width)" = 4 ]
    [ "$(setting other up)" = bilinear-corners ]
    [ "$(setting other width-cap)" = 1024 ]
    rejects 2 "did you mean 'nnunet'?" ogive train data -o none --preset nnunt
}

@test "--from takes the other run's network but for what is given" {
    tiny data 4 16
    ogive train data -o run $quick --preset milesial >/dev/null
    ogive train data -o tuned --from run --epochs 1 --act silu --threads 1 >out
    grep -q "silu everywhere" out
    [ "$(setting tuned width)" = 4 ]
    rejects 3 "from = absent" ogive train data -o none --from absent
}

@test "what is exported and imported labels images alike" {
    tiny data 4 16
    ogive train data -o run $quick --preset milesial --normalize image >/dev/null
    ogive export run --keys milesial -o unet.safetensors
    ogive import unet.safetensors -o again --scaling image --classes background,disk --json >import.json
    holds '.preset == "milesial" and .classes == 2 and .depth == 2' import.json
    ogive predict run data/images -o one >/dev/null
    ogive predict again data/images -o other >said
    grep -q 'disk [0-9]' said
    diff -r one other
    rejects 3 "--force" ogive import unet.safetensors -o again
    rejects 3 "--force" ogive export run --keys milesial -o unet.safetensors
    rejects 2 "did you mean 'milesial'?" ogive export run --keys milesia -o x.safetensors
}

@test "what is no checkpoint is refused" {
    tiny data 4 16
    ogive train data -o run $quick >/dev/null
    rejects 4 "the names of no network that ogive knows" ogive import run/model.safetensors -o x
    rejects 4 "not a safetensors file" ogive import data/images/case00.png -o x
    rejects 3 "absent" ogive import absent -o x
    ! ogive export run --keys nnunet -o x.safetensors 2>err
    grep -q -- "--down is 'max', not 'strided'" err
    [ ! -e x ] && [ ! -e x.safetensors ]
}
