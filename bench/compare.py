#!/usr/bin/env python3
"""How far two runs of the benchmark differ: bench/compare.py OLD NEW [--within PERCENT] [--all]

OLD and NEW are folders of results (bench/results/*.json of bench/run.py). Times differ with the machine's moods, so only
what should not is compared: ratios within one run, and memory. Prints each that differs by more than PERCENT (10), or all,
and ends with code 1 if there is one."""
import argparse
import json
import os
import statistics
import sys

sys.dont_write_bytecode = True


def load(folder, name):
    try:
        with open(os.path.join(folder, name + ".json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def figures(folder):
    """{what: ratio} of everything that a run measured."""
    found = {}
    for kind in ("step", "infer"):
        for row in load(folder, kind).get("rows", []):
            case = "%s, base %d, batch %d, %d px, %s" % (kind, row["base"], row["batch"], row["size"], row["act"])
            found[case + ": lead over the best"] = row["ratio"]
            found[case + ": memory"] = row.get("memory_ratio")
            for name, value in row.get("over", {}).items():
                found["%s: %s over ogive" % (case, name)] = value
    shape = load(folder, "shape")
    for name, row in shape.get("by_activation", {}).items():
        found["step of %s over ReLU's" % name] = row["ratio"]
    pixels = shape.get("per_pixel", [])
    for row in pixels:
        least = min(other["ns_per_pixel"] for other in pixels if (other["kind"], other["axis"]) == (row["kind"], row["axis"]))
        found["%s, batch %d, %d px: cost per pixel over the least of its %s" % (
            row["kind"], row["batch"], row["size"], row["axis"])] = row["ns_per_pixel"] / least
    for row in shape.get("not_convolution", []):
        found["base %d: convolution's share" % row["base"]] = 1 - row["share"]
    for row in load(folder, "act").get("rows", []):
        for name, ratios in row["ratios"].items():
            for which, parts in ratios.items():
                found["%s, %d MB, %d thread(s), %s" % (name, row["bytes"] >> 20, row["threads"], which)] = parts["normalised"]
    return {what: value for what, value in found.items() if value}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--within", type=float, default=10, metavar="PERCENT")
    parser.add_argument("--all", action="store_true", help="print those within it too")
    options = parser.parse_args()
    for folder in (options.old, options.new):
        if not os.path.isdir(folder):
            parser.error("there is no folder of results at '%s'" % folder)
    old, new = figures(options.old), figures(options.new)
    both = {what: 100 * (new[what] / old[what] - 1) for what in old if what in new}
    if not both:
        parser.error("the two runs have no figure in common")
    far = {what: change for what, change in both.items() if abs(change) > options.within}
    for what, change in sorted((both if options.all else far).items(), key=lambda item: -abs(item[1])):
        print("%+7.1f %%  %s: %.3f, %.3f" % (change, what, old[what], new[what]))
    print("%d of %d ratios are within %g %%; half of them within %.1f %%; %d are in one run only" % (
        len(both) - len(far), len(both), options.within, statistics.median(abs(change) for change in both.values()),
        len(set(old) ^ set(new))))
    return 1 if far else 0


sys.exit(main())
