#!/bin/sh
# Install the Debian packages that ogive needs, by group: install-deps.sh [build] [demo] [test] [peers] [bench] [ci] [fuzz]
# This is the one list of dependencies. Nothing happens, and no root is needed, when all are there already.
set -eu

build='gcc make cmake ninja-build pkg-config libdnnl-dev libgdal-dev libnifti2-dev libnifti-dev libjansson-dev libyaml-dev zlib1g-dev libgsl-dev libprotobuf-c-dev protobuf-c-compiler libonnx-dev libcairo2-dev libsqlite3-dev libpq-dev libjs-chart.js'
demo='mricron-data'
test='libcmocka-dev libmpfr-dev gdal-bin bats jq git man-db python3 python3-numpy python3-pil python3-tifffile python3-nibabel python3-skimage chromium postgresql file procps shellcheck'
ci='clang libomp-dev clang-format'
fuzz='clang libomp-dev libclang-rt-dev'
peers='python3 python3-torch python3-numpy libopenblas0 python3-venv'
bench='python3 python3-venv python3-dev g++'
# From PyPI, for the groups peers and bench, into build/peers, -optuna4 and -bench: what Debian does not have, or has
# too old. PyTorch's wheel brings 5 GB of CUDA libraries along, which only the benchmarks are worth.
pypi_shared='numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0'
pypi_peers="$pypi_shared jax==0.10.2 nvidia-cuda-nvrtc-cu12==12.9.86 scikit-image==0.26.0 MedPy==0.5.2 optuna==5.0.0 optuna-dashboard==0.21.0 statsmodels==0.15.0 autorank==1.3.0 baycomp==1.0.3 rliable==1.2.0 pandas==2.3.3"
pypi_optuna4='optuna==4.9.0' # beside the current one of the peers: studies are to open in both
pypi_bench="$pypi_shared torch==2.15.0 openvino==2026.4.1"

[ $# -gt 0 ] || set -- build
wanted=
environments= # of PyPI's packages
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    demo) wanted="$wanted $demo" ;;
    test) wanted="$wanted $test" ;;
    peers) wanted="$wanted $peers" environments="$environments peers" ;;
    bench) wanted="$wanted $bench" environments="$environments bench" ;;
    ci) wanted="$wanted $ci" ;;
    fuzz) wanted="$wanted $fuzz" ;;
    *)
        echo "install-deps.sh: unknown group '$group' (build, demo, test, peers, bench, ci, fuzz)" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-deps.sh: this system has no apt; please install the equivalents of:$wanted" >&2
    exit 0
fi

missing() {
    for package in $wanted; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# install_pypi FOLDER PACKAGES
install_pypi() {
    [ "$(cat "$1/packages" 2>/dev/null)" != "$2" ] || return 0
    echo "install-deps.sh: installing $2 from PyPI into $1"
    if /usr/bin/python3 -m venv "$1" && "$1/bin/pip" install -q $2; then
        echo "$2" >"$1/packages"
    else
        echo "install-deps.sh: they could not be installed; what needs them will be skipped" >&2
    fi
}

# Tests and benchmarks skip what is not there, so that a machine without a way to PyPI only hears of it.
install_environments() {
    folder=$(dirname "$0")/../build
    for environment in $environments; do
        case $environment in
        peers)
            install_pypi "$folder/peers" "$pypi_peers"
            install_pypi "$folder/peers-optuna4" "$pypi_optuna4"
            ;;
        bench) install_pypi "$folder/peers-bench" "$pypi_bench" ;;
        esac
    done
}

absent=$(missing)
if [ -z "$absent" ]; then
    install_environments
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root='sudo'
else
    echo "install-deps.sh: these packages are missing, and this is neither root nor is there sudo; as root run:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends" $absent >&2
    exit 1
fi

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

echo "install-deps.sh: installing" $absent
# A fresh machine has no package lists; an old one may have lists of packages that are gone.
apt-get -qq --simulate install $absent >/dev/null 2>&1 || apt update
apt install --no-install-recommends $absent || { apt update && apt install --no-install-recommends $absent; }
install_environments
