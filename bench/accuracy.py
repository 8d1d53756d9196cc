"""What the Winograd kernel rounds, layer by layer, and whether training notices: the same seeds with it and with direct
convolution (--exact), in pairs."""
import json
import math
import os
import statistics
import subprocess
import tempfile

import runner

LOBES = os.path.join(runner.ROOT, "examples", "brain-lobes.yaml")
MASK = os.path.join(runner.ROOT, "examples", "brain-mask.yaml")
NUCLEI = os.path.join(os.path.dirname(runner.ROOT), "shared", "data", "nuclei")

# Name, data, activations, seeds, options.
TASKS = [
    ("lobes of a brain (the demo)", LOBES, ("relu", "mish"), 8,
     "--width 16 --depth 3 --norm instance --scale 0.25 --epochs 24 --batch 2 --optimizer adamw --lr 3e-3 "
     "--weight-decay 0.3 --rotate 15 --zoom 0.3 --no-flip-y --loss ce --eval-every 24"),
    ("brain against background", MASK, ("relu", "mish"), 8, "--width 16 --scale 0.5 --epochs 8 --lr 3e-3 --no-flip-y"),
    ("nuclei", NUCLEI, ("relu",), 6, "--width 16 --patch 256 --epochs 4 --lr 2e-3 --rotate 0 --zoom 0 --noise 0"),
]

# Two-sided 95 % points of Student's t by degrees of freedom (Abramowitz, Stegun, table 26.10).
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 11: 2.201, 15: 2.131,
       19: 2.093}


def dice(data, options, act, seed, exact, threads):
    with tempfile.TemporaryDirectory() as folder:
        result = runner.ogive("train", data, "-o", os.path.join(folder, "run"), *options.split(), "--act", act, "--seed",
                              seed, "--threads", threads, "--quiet", "--json", *(["--exact"] if exact else []),
                              threads=threads)
    return result["scores"]["mean_dice"]


def pairs_of(name, data, options, act, seeds, threads):
    winograd, direct = [], []
    for seed in range(seeds):
        for exact, into in ((False, winograd), (True, direct)):
            into.append(dice(data, options, act, seed, exact, threads))
        runner.note("%s, %s, seed %d: Winograd %.4f, direct %.4f" % (name, act, seed, winograd[-1], direct[-1]))
    differences = [a - b for a, b in zip(winograd, direct)]
    half = T95[seeds - 1] * statistics.stdev(differences) / math.sqrt(seeds)
    mean = statistics.mean(differences)
    return {"task": name, "act": act, "seeds": seeds, "winograd": winograd, "direct": direct,
            "winograd_mean": statistics.mean(winograd), "direct_mean": statistics.mean(direct),
            "seed_sd": statistics.stdev(direct), "difference": mean, "interval": [mean - half, mean + half]}


def rounding(quick=False, threads=2):
    """Errors of each layer."""
    program = os.path.join(runner.BUILD, "bench", "bench_winograd")
    found = subprocess.run([program], check=True, stdout=subprocess.PIPE, **runner.pinned(threads)).stdout
    runner.save("rounding", {"layers": json.loads(found)})


def run(quick=False, threads=2):
    """One row for each task whose data are here; a quick run trains nothing."""
    rows = []
    for name, data, acts, seeds, options in [] if quick else TASKS:
        if not os.path.exists(data):
            runner.note("%s: no data at %s, left out" % (name, data))
            continue
        for act in acts:
            rows.append(pairs_of(name, data, options, act, seeds, threads))
    runner.save("accuracy", {"tasks": rows})
