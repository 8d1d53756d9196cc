"""What a step costs by activation, by image size and by batch, how soon the first one is done, and how much is installed."""
import os
import re
import subprocess
import time

import act
import runner
from networks import NETWORKS, STEP, ogive_options

NOT_FINITE = 5  # the program's exit status
SIDES, BATCHES = [128, 256, 512, 1024, 2048], [1, 2, 4, 8, 16, 32]


def pass_of(kind, network, function="relu", turns=5, threads=2, more=()):
    return runner.ogive("bench", kind, *ogive_options(*network, function, threads), *(STEP if kind == "step" else []),
                        "--turns", turns, *more, threads=threads)


def beside_relu(network, function):
    """The faster of two steps of a function and of ReLU, in turns, since the machine's speed changes by the minute; None
    where it overflows in this network."""
    taken = {"relu": [], function: []}
    for _ in range(2):
        for name, reports in taken.items():
            try:
                reports.append(pass_of("step", network, name, turns=3))
            except subprocess.CalledProcessError as error:
                if error.returncode != NOT_FINITE:
                    raise
                return None
    relu, report = (min(taken[name], key=lambda each: each["best_ms"]) for name in ("relu", function))
    return report, report["best_ms"] / relu["best_ms"]


def by_activation(quick):
    """Step time of every function of the catalogue over that of ReLU; and those that overflow."""
    rows, overflow = {}, []
    for entry in act.catalogue():
        if quick and entry["id"] not in act.QUICK:
            continue
        found = beside_relu(NETWORKS[0], entry["id"])
        if not found:
            overflow.append(entry["id"])
            continue
        report, ratio = found
        rows[entry["id"]] = {"ms": report["best_ms"], "ratio": ratio, "peak_bytes": report["peak_bytes"],
                             "inputs": [each["name"] for each in entry["inputs"]],
                             "learns": any(param.get("learn") for param in entry["params"])}
    return {"by_activation": rows, "overflow": overflow}


def not_convolution(quick):
    """Part of a step that is no convolution. Norm and activation work on rows within the passes of convolutions, where
    no clock sees them; so the time of the convolutions is that of a network without norm and activation."""
    rows = []
    for network in NETWORKS[:1 if quick else None]:
        shares = []
        for _ in range(1 if quick else 3):
            step = pass_of("step", network)["ms_per_step"]
            bare = pass_of("step", network, "identity", more=["--norm", "none"])
            convolutions = sum(kind["ms"] for kind in bare["by_kind"].values() if kind["convolution"])
            shares.append(1 - convolutions / step)
        rows.append({"base": network[0], "share": runner.summary(shares)["median"]})
    return rows


def per_pixel(kind, network):
    found = pass_of(kind, network, turns=3 if network[1] * network[2] ** 2 > 1 << 20 else 7)
    pixels = network[1] * network[2] ** 2
    return {"batch": network[1], "size": network[2], "ms": found["ms_per_step"], "peak_bytes": found["peak_bytes"],
            "ns_per_pixel": 1e6 * found["ms_per_step"] / pixels}


def by_size(quick):
    """Nanoseconds per pixel, in rounds: the least of each, since another program only adds."""
    rounds = 1 if quick else 2
    cases = [("size", (16, 1, side)) for side in SIDES[:3 if quick else None]]
    cases += [("batch", (16, batch, 256)) for batch in BATCHES[:3 if quick else None]]
    found = {}
    for _ in range(rounds):
        for kind in ("step", "infer"):
            for axis, network in cases:
                found.setdefault((kind, axis, network), []).append(per_pixel(kind, network))
    return [{"kind": kind, "axis": axis, **min(rows, key=lambda row: row["ns_per_pixel"])}
            for (kind, axis, _), rows in found.items()]


def start_once(network):
    """Seconds: the program's own start, from nothing to the beginning of the first training step and to its end. A command
    that computes starts twice (docs/adr/0018-waiting-threads.md)."""
    begun = time.monotonic()
    for _ in range(2):
        subprocess.run([runner.OGIVE, "--version"], check=True, stdout=subprocess.DEVNULL)
    launch = time.monotonic() - begun
    found = pass_of("step", network, turns=1)
    return {"launch_s": launch, "ready_s": launch + 1e-3 * found["ready_ms"],
            "first_step_s": launch + 1e-3 * found["first_ms"], "step_s": 1e-3 * found["ms_per_step"]}


def start():
    rows = []
    for network in NETWORKS:
        taken = [start_once(network) for _ in range(3)]
        rows.append({"base": network[0], **{key: runner.summary([row[key] for row in taken])["median"] for key in taken[0]}})
    return rows


def shared_libraries(path):
    text = subprocess.run(["ldd", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {os.path.realpath(found) for found in re.findall(r"(/\S+) \(0x", text)}


def folder_bytes(path):
    return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(path) for name in names)


def installed():
    """Bytes of program, library and every shared library that they need, and of the peers' folders."""
    needed = shared_libraries(runner.OGIVE)
    sizes = {os.path.basename(path): os.path.getsize(path) for path in needed | {os.path.realpath(runner.OGIVE)}}
    row = {"bytes": sum(sizes.values()), "files": len(sizes),
           "largest": dict(sorted(sizes.items(), key=lambda item: -item[1])[:8])}
    if runner.peers_exist():
        packages = subprocess.run([runner.PEERS, "-c", "import numpy; print(numpy.__path__[0])"], check=True, text=True,
                                  stdout=subprocess.PIPE).stdout.strip()
        packages = os.path.dirname(packages)
        row["peers"] = {name: folder_bytes(os.path.join(packages, name))
                        for name in ("torch", "nvidia", "triton", "onnxruntime", "openvino")}
    return row


def run(quick):
    runner.note("the step by activation")
    steps = by_activation(quick)
    runner.note("cost per pixel")
    pixels = by_size(quick)
    runner.note("share that is no convolution, start and size")
    runner.save("shape", {**steps, "per_pixel": pixels, "not_convolution": not_convolution(quick),
                          "start": start(), "installed": installed()})
