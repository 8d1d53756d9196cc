"""docs/performance.md and its pictures, from bench/results/*.json."""
import os

import figure
import runner
from act import GOAL_CHEAP, GOAL_DEAR
from goals import GOALS
from networks import name_of

PARTS = ["machine", "act", "step", "volume", "infer", "shape", "rounding", "accuracy"]

# Kinds of work (src/net/trace.def) as the pictures group them.
GROUPS = [("3 x 3 forward", ["conv3x3_forward"]), ("3 x 3 by data", ["conv3x3_data"]),
          ("3 x 3 by weights", ["conv3x3_weights"]), ("other convolutions", ["conv_", "up_", "head_"]),
          ("norm + activation", ["act_"]), ("loss, optimiser, rest", [""])]


def group_of(kind):
    return next(name for name, starts in GROUPS if any(kind.startswith(start) for start in starts))


def grouped(pairs):
    """{group: milliseconds} in the order of GROUPS, from (kind, milliseconds)."""
    sums = {name: 0.0 for name, _ in GROUPS}
    for kind, ms in pairs:
        sums[group_of(kind)] += ms
    return {name: ms for name, ms in sums.items() if ms > 0}


def table(heading, rows):
    lines = ["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def megabytes(count):
    return "%.0f" % (count / 1e6)


# --- sections ---------------------------------------------------------------------------------------------------------


def head(results):
    machine = results["machine"]
    if not machine:
        return ""
    versions = ", ".join("%s %s" % item for item in machine["versions"].items() if item[1])
    bandwidth = ", ".join("%.0f with tensors of %s MB" % (rate, mb) for mb, rate in machine["gb_per_s"].items())
    quick = "**A quick run: few cases, few rounds.** " if machine["quick"] else ""
    return """%sMachine: %s; %d cores of it, %.0f GB of memory; %s; %s; load when the run began: %.1f.

Versions: %s.

Useful GB/s of ReLU's forward pass on two threads: %s.
%s""" % (quick, machine["cpu"], machine["cores"], machine["memory_bytes"] / 1e9, machine["system"], machine["date"],
       machine["load"], versions, bandwidth,
       others(results))


def others(results):
    """Which parts are of another machine or another commit than the rest."""
    here, groups = results["machine"].get("taken"), {}
    for part, data in results.items():
        if here and data and data.get("taken") and data["taken"] != here:
            where = "" if data["taken"]["cpu"] == here["cpu"] else "another machine, %s, " % data["taken"]["cpu"]
            groups.setdefault("%s%s, commit %s" % (where, data["taken"]["date"], data["taken"]["commit"]), []).append(part)
    return "".join("\n%s: from %s.\n" % (", ".join(parts).capitalize(), where) for where, parts in groups.items())


def goals(results):
    rows = []
    for what, unit, must, aim, side, predicted, find in GOALS:
        found = find(results)
        if found is None:
            met = "not measured"
        else:
            better = (lambda goal: found >= goal) if side == "least" else (lambda goal: found <= goal)
            met = "aim" if better(aim) else "must" if better(must) else "**missed**"
        sign = "≥ " if side == "least" else "≤ "
        rows.append([what, "%s%g %s" % (sign, must, unit), "%s%g" % (sign, aim), "%g" % predicted,
                     "-" if found is None else "%.3g" % found, met])
    return "## Goals\n\n" + table(["what", "must", "aim", "predicted", "found", "reached"], rows)


def contest(results, kind, title, about):
    data = results[kind]
    if not data:
        return ""
    names = list(dict.fromkeys(name for row in data["rows"] for name in row["contenders"]))
    rows = []
    for row in data["rows"]:
        cells = [row["contenders"].get(name) for name in names]
        rows.append(["%d, %d x %d%s" % (row["base"], row["batch"], row["size"], "³" if kind == "volume" else "²"), name_of(row["act"]),
                     *("%.0f (%.0f)" % (cell["median"], cell["best"]) if cell else "-" for cell in cells),
                     "%.2f" % row["ratio"] if row["ratio"] else "-"])
    text = "## %s\n\n%s\n\n" % (title, about)
    text += table(["base, batch", "activation", *names, "ratio"], rows)
    return text + (memory(data) if kind != "infer" else "")


def memory(data):
    rows = []
    for row in data["rows"]:
        if not row.get("memory_ratio"):
            continue
        ours, peer = row["contenders"]["ogive"], row["contenders"][row["memory_peer"]]
        rows.append(["%d" % row["base"], name_of(row["act"]), megabytes(ours["peak_bytes"]), megabytes(peer["peak_bytes"]),
                     megabytes(peer["peak_bytes"] - peer["imported_bytes"]), "%.2f" % row["memory_ratio"],
                     "%.2f" % row["memory_ratio_without_import"]])
    if not rows:
        return ""
    return ("\nPeak resident memory of the process in MB; PyTorch's is that of its leanest mode, with and without what the import "
            "alone takes.\n\n" + table(["base", "activation", "ogive", "PyTorch", "without import", "ratio", "ratio without import"],
                                     rows))


def relu_rows(results):
    return [row for row in (results["step"] or {"rows": []})["rows"] if row["act"] == "relu"]


def breakdown(results):
    rows = relu_rows(results)
    if not rows:
        return ""
    by_kind, kinds, names = [], {}, [name for name, _ in GROUPS]
    for row in rows:
        ours = row["contenders"]["ogive"]
        by_kind.append(("base %d" % row["base"], grouped((kind, entry["ms"]) for kind, entry in ours["by_kind"].items())))
        for kind, entry in ours["by_kind"].items():
            kinds.setdefault(kind, []).append("%.2f" % entry["ms"] + (
                " (%.0f %%)" % entry["percent_of_peak"] if entry["convolution"] else ""))
    save("step-by-kind.svg", figure.stacked_bars("A training step by kind of work, ReLU", by_kind, names, "ms"))
    save("step-by-layer.svg", figure.stacked_bars("A training step by layer, ReLU, base %d" % rows[0]["base"],
                                                  by_layer(rows[0]["contenders"]["ogive"]["by_layer"]), names, "ms"))
    heading = ["ms (of peak)"] + ["base %d" % row["base"] for row in rows]
    lines = [[kind, *cells] for kind, cells in kinds.items() if len(cells) == len(rows)]
    return """## Where a step goes

Peak is what the fastest loop of multiplications and additions reaches on these threads in the same run. The operations
are those of direct convolutions; Winograd's algorithm needs fewer, so that it may pass the peak. Norm and activation work on
rows within the passes of the convolutions beside them, and count there, but for what has a pass of its own.

![by kind](performance/step-by-kind.svg)

![by layer](performance/step-by-layer.svg)

""" + table(heading, lines)


def by_layer(nodes):
    """Layers in forward order: a stage of encoder or decoder each, and the head."""
    stages = {}
    for node in nodes:
        stage = ".".join(node["layer"].split(".")[:2]) if node["layer"].startswith(("encoder", "decoder")) else (
            node["layer"].split(".")[0] or "no layer")
        stages.setdefault(stage, []).append((node["kind"], node["ms"]))
    least = 1e-3 * sum(node["ms"] for node in nodes)
    return [(stage, grouped(pairs)) for stage, pairs in stages.items() if sum(ms for _, ms in pairs) > least]


def roofline(results):
    rows, machine = relu_rows(results), results["machine"]
    if not rows or not machine:
        return ""
    row = rows[-1]
    ours, points = row["contenders"]["ogive"], []
    for node in ours["by_layer"]:
        if node["gflop"] > 0 and node["ms"] > 0:
            points.append((group_of(node["kind"]), node["layer"], *intensity(node, row)))
    points.sort(key=lambda point: [name for name, _ in GROUPS].index(point[0]))  # the other pictures' colours
    rates = machine["gb_per_s"]
    largest = max(rates, key=int)
    roofs = {"memory, %.0f GB/s" % rates[largest]: rates[largest], "shared cache, %.0f GB/s" % rates["4"]: rates["4"]}
    save("roofline.svg", figure.roofline("Convolutions of a training step, base %d" % row["base"], ours["peak_gflops"], roofs, points))
    return """## Roofline

Every convolution of a step at base %d: how many operations a direct convolution has for each byte of its tensors (source,
result and weights, each once), and how many it gets done. Above the flat roof is what Winograd's algorithm saves.

![roofline](performance/roofline.svg)
""" % row["base"]


def intensity(node, row):
    """FLOP per byte and GFLOP/s of one pass of a convolution."""
    scale = 4 if ".up" in node["layer"] else 9 if node["kind"].startswith("conv3x3") else 1
    side = row["size"] >> node["stage"]
    pixels = row["batch"] * side * side
    source_pixels = pixels / 4 if ".up" in node["layer"] else pixels
    inputs = node["gflop"] * 1e9 / (2 * source_pixels * scale * node["channels"])
    count = source_pixels * inputs + pixels * node["channels"] + scale * inputs * node["channels"]
    return node["gflop"] * 1e9 / (4 * count), node["gflop"] / (1e-3 * node["ms"])


def activations(results):
    data = results["act"]
    if not data:
        return ""
    text = """## Activation functions

`to ReLU` is the cost of a function over that of our ReLU in nanoseconds per element; `own` and `composed` are our time over
that of PyTorch's module and of the function written with PyTorch's operators (`ogive act emit --to pytorch`). *Normalised* is
forward and backward with batch norm's own passes, on both sides. The goals for it, from memory: at most %g without exp, log
and trigonometry, %g with them.

""" % (GOAL_CHEAP, GOAL_DEAR)
    for row in data["rows"]:
        text += act_table(row)
    return text + typed(data) + misses(data)


def act_table(row):
    def cell(ratios, name, key):
        return "%.2f" % ratios[name][key] if name in ratios else "-"

    keys = ("forward", "backward", "normalised")
    heading = ["function", *("to ReLU, " + key for key in keys), *("own, " + key for key in keys),
               *("composed, " + key for key in keys)]
    lines = [["`%s`" % name if name == name.lower() and " " not in name else name,
              *(cell(ratios, group, key) for group in ("to_relu", "to_pytorch_own", "to_pytorch_composed") for key in keys)]
             for name, ratios in row["ratios"].items()]
    title = "%d MB per tensor, %d thread%s" % (row["bytes"] >> 20, row["threads"], "" if row["threads"] == 1 else "s")
    return "<details><summary>%s</summary>\n\n%s\n</details>\n\n" % (title, table(heading, lines))


def over_built_in(data, key):
    """Sorted, of all functions, sizes and threads."""
    return sorted(ratios[key]["normalised"] for row in data["rows"] for ratios in row["ratios"].values() if key in ratios)


def typed(data):
    text = ""
    for executor, what in (("formula", "A formula that is compiled when it is first used"),
                           ("interpreter", "The interpreter, where there is no compiler")):
        found = over_built_in(data, executor + "_to_built_in")
        if found:
            text += "%s, over the same one from the catalogue: median %.2f, from %.2f to %.2f. " % (
                what, found[len(found) // 2], found[0], found[-1])
    found = over_built_in(data, "to_computed")
    if found:
        text += "Looked up where that pays (ADR 28), over computed: from %.2f on, median %.2f. " % (found[0], found[len(found) // 2])
    same = [answer for answer in data["same_bits"].values() if answer is not None]
    return text + "Of %d functions of x alone, %d give the same bits when they are typed.\n\n" % (len(same), sum(same))


def misses(data):
    rows = [row for row in data["rows"] if row["threads"] == 1]
    if not rows:
        return ""
    largest = max(rows, key=lambda row: row["bytes"])
    missed = []
    for name, ratios in largest["ratios"].items():
        if name not in data["transcendental"]:
            continue
        goal = GOAL_DEAR if data["transcendental"][name] else GOAL_CHEAP
        if ratios["to_relu"]["normalised"] > goal:
            missed.append("`%s` %.2f" % (name, ratios["to_relu"]["normalised"]))
    return "At %d MB, one thread, %d of %d functions miss their goal%s.\n" % (
        largest["bytes"] >> 20, len(missed), len(data["transcendental"]), ": " + ", ".join(missed) if missed else "")


def shape(results):
    data = results["shape"]
    if not data:
        return ""
    functions = sorted(data["by_activation"].items(), key=lambda item: -item[1]["ratio"])
    ends = functions if len(functions) <= 24 else functions[:20] + functions[-4:]
    text = "## The step by activation\n\nStep time over ReLU's, base 16: the best of six steps of each, in turns; the dearest and the cheapest. "
    text += "A function with gates has as many convolutions more in each layer, one with a funnel a small one.\n\n"
    text += table(["function", "step, ms", "over ReLU", "peak MB"],
                  [["`%s`" % name, "%.1f" % row["ms"], "%.2f" % row["ratio"], megabytes(row["peak_bytes"])] for name, row in ends])
    if data.get("overflow"):
        text += "\nNot timed, since they overflow in this network: %s.\n" % ", ".join("`%s`" % name for name in data["overflow"])
    text += "\n## Size and batch\n\nBase 16, ReLU.\n\n" + table(
        ["pass", "batch", "image", "ms", "ns per pixel", "peak MB"],
        [[row["kind"], "%d" % row["batch"], "%d²" % row["size"], "%.1f" % row["ms"], "%.1f" % row["ns_per_pixel"],
          megabytes(row["peak_bytes"])] for row in data["per_pixel"]])
    return text + shares(data) + start(data) + size(data["installed"])


def shares(data):
    return "\nThe part of a step that is no convolution, from a network without norm and activation: %s.\n" % ", ".join(
        "%.0f %% at base %d" % (100 * row["share"], row["base"]) for row in data["not_convolution"])


def start(data):
    return "\n## Start\n\n" + table(
        ["base", "the program itself, s", "to the first step, s", "to its end, s", "of that one step, s"],
        [["%d" % row["base"], "%.2f" % row["launch_s"], "%.2f" % row["ready_s"] if "ready_s" in row else "-",
          "%.2f" % row["first_step_s"], "%.2f" % row["step_s"]] for row in data["start"]])


def size(installed):
    text = "\n## Installed size\n\nProgram, library and the %d shared libraries that they need: %s MB. The largest: %s.\n" % (
        installed["files"] - 1, megabytes(installed["bytes"]),
        ", ".join("%s %s MB" % (name, megabytes(count)) for name, count in installed["largest"].items()))
    if installed.get("peers"):
        text += "\nPeers, from PyPI: %s.\n" % ", ".join(
            "%s %s MB" % (name, megabytes(count)) for name, count in installed["peers"].items())
    return text


def accuracy(results):
    data = results["accuracy"]
    if not data or not data["tasks"]:
        return ""
    return """Does training notice? Mean Dice of held-out images, the same seeds with Winograd and with `--exact`; the difference with its
95 % interval over the seeds, and the standard deviation between seeds.

""" + table(["task", "activation", "seeds", "Winograd", "direct", "difference", "95 % interval", "SD between seeds"],
            [[row["task"], row["act"], "%d" % row["seeds"], "%.4f" % row["winograd_mean"], "%.4f" % row["direct_mean"],
              "%+.4f" % row["difference"], "%+.4f to %+.4f" % tuple(row["interval"]), "%.4f" % row["seed_sd"]]
             for row in data["tasks"]])


def rounding(results):
    data = results["rounding"]
    if not data:
        return ""
    names = {"forward": "forward", "backward_data": "by data", "backward_weights": "by weights"}
    return """## Accuracy

Winograd's algorithm rounds otherwise than the direct sum. Relative L2 errors of the 3 x 3 layers at base 16, against sums in
double:

""" + table(["channels", "pixels", *("%s, %s" % (name, how) for name in names.values() for how in ("Winograd", "direct"))],
            [["%d to %d" % key[:2], "%d²" % key[2], *("%.1e" % error for name in names for error in passes[name])]
             for key, passes in layer_errors(data["layers"]).items()])


def layer_errors(rows):
    """{(input channels, output channels, side): {pass: (error, direct error)}}"""
    found = {}
    for row in rows:
        found.setdefault((row["ic"], row["oc"], row["size"]), {})[row["pass"]] = (row["error"], row["direct_error"])
    return found


LIMITS = """## What stands in the way

**Functions with learned parameters.** A table (ADR 28) holds a function of one number; where a parameter changes with every
step, the function is computed, and so is its derivative by each parameter. A step of base 16 has 32 million activations, each
value is computed about twice and each derivative once (ADR 17). With the times per element at 1 MB, one thread, forward and
backward, over ReLU's 0.07 and 0.07 ns, two threads should take longer than ReLU's 92 ms by: `soft_exponential` (0.59, 0.87)
31 ms, `acon_c` (0.33, 0.78) 20, `mixture_convex` (0.33, 0.54) 16, `snake` (0.27, 0.60) 15, `swish_beta` (0.32, 0.49) 15, `pelu` (0.25,
0.56) 14, `pau_a` (0.11, 0.62) 10, `xielu` (0.26, 0.38) 11. All of them are bound by instructions: an exponential takes 14 at least and a
quotient 5, at two per cycle, and a sum per parameter 2, so that `acon_c` with one exponential, one quotient and five sums cannot
take less than 40 for its derivatives, 0.3 ns, and no less than 7 ms above ReLU. Its loop has 175 of them. What would lift it: one evaluation
of the exponential's two parts for all products that contain it, which now carry their factor through it one by one so that no product is a
denormal before its end (`src/act/f32.h`); or tables of the parameter-free parts, in emitted code that names registers. The faster the
convolutions, the larger these ratios: the same functions cost the same milliseconds when ReLU's step took 106.

**Noise.** `rrelu` and the fourth PAU draw a number for each activation, and the same one each time a step needs it, three times. Ten rounds
of Philox take 0.23 ns for each number, about 150 instructions for 64: 11 ms of a step of base 16, 12 % of ReLU's. What would lift it: fewer rounds, or
two numbers from each word; both change the numbers that a seed gives, and the first one their quality.

**Gates and maxout** double the channels of every convolution: the step doubles with them, whatever the function costs.

**Small images.** At 128², batch 1, the deepest layers have four tiles of 4 x 4 pixels, while the transforms of the weights, the
optimiser and the look for numbers that are not finite cost as much as for any image: 1.9 million weights, of which each step
reads and writes about 90 MB in one form or another. A step has 171 parallel parts and 52 barriers within them, 35 µs apart there, so that
a second thread gains less. All images of a batch share these.

**The optimiser** and the look at the gradients before it take 0.6 % of a step at base 16 and 5 % at base 64, where they are bound by memory: seven
vectors are read or written for each weight. One pass instead of two would save the reading of one of them, 1 % of the step, and must undo
an update when a gradient is not finite; it is not done.

**A choice of algorithms by timing** found nothing to gain: ADR 8 has the sums over all layers.
"""

INTRODUCTION = """# Performance

Written by `make bench` from `bench/results/*.json`; do not edit. Every figure is a ratio of programs that took turns in one
run on the same two cores: the median over the rounds of what one took over what the other did in the same round. Times are medians in
milliseconds, the best in parentheses.

    make bench              # everything, most of an hour
    make bench QUICK=1      # a few of each, some minutes; into build/release/bench
    make bench PARTS=step   # one of machine, act, step, volume, infer, shape, rounding, accuracy
    bench/compare.py OLD NEW  # how far the ratios of two folders of results differ
    ogive bench step        # a training step on your machine: --width, --batch, --size, --act, --dims 3, --threads, --json
    ogive bench infer       # inference, likewise
    ogive bench act silu    # what a function costs beside ReLU

The network is milesial's U-Net with batch norm, 3 input channels and 2 classes; a step is forward, cross-entropy + Dice,
backward and Adam, in float32. PyTorch's Adam is its fused one.
"""


def save(name, picture):
    folder = os.path.join(runner.DOCS, "performance")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w") as file:
        file.write(picture)


def write():
    results = {part: runner.load(part) for part in PARTS}
    sections = [
        INTRODUCTION, head(results), goals(results),
        contest(results, "step", "A training step", "Two threads; `ratio` is the fastest other over ogive."),
        contest(results, "volume", "A training step on volumes", "The same network with 3 x 3 x 3 windows, two threads; beside PyTorch's plain modes."),
        contest(results, "infer", "Inference", "From images to probabilities, two threads; `ratio` as above."),
        breakdown(results), roofline(results), activations(results), shape(results), LIMITS, rounding(results), accuracy(results)]
    os.makedirs(runner.DOCS, exist_ok=True)
    path = os.path.join(runner.DOCS, "performance.md")
    with open(path, "w") as file:
        file.write("\n".join(section for section in sections if section))
    runner.note("wrote " + os.path.relpath(path, runner.ROOT))
