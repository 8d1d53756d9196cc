#!/usr/bin/env python3
"""Measure ogive beside its peers, and write bench/results/*.json and docs/performance.md: bench/run.py [--quick] [PART...]

The parts are machine, act, step, volume, infer, shape, rounding and accuracy. Accuracy trains networks for half an hour, the
others take twenty minutes together. With --quick a few of each take some minutes, and results and page go to
build/release/bench.
The peers come from build/peers-bench (scripts/install-deps.sh bench); without them only ogive is measured. The page is
written from whatever results there are; 'page' as a part writes nothing else."""
import argparse
import os
import sys

sys.dont_write_bytecode = True
import accuracy
import act
import machine
import page
import runner
import shape
import step

PARTS = {"machine": machine.run, "act": act.run, "step": lambda quick: step.run("step", quick),
         "volume": lambda quick: step.run("volume", quick),
         "infer": lambda quick: step.run("infer", quick), "shape": shape.run,
         "rounding": accuracy.rounding, "accuracy": accuracy.run, "page": lambda quick: None}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few of each; the page says so")
    parser.add_argument("part", nargs="*", help="which parts to measure: " + ", ".join(PARTS))
    options = parser.parse_args()
    unknown = [part for part in options.part if part not in PARTS]
    if unknown:
        parser.error("there is no part '%s'; there are %s" % (unknown[0], ", ".join(PARTS)))
    if not os.path.exists(runner.OGIVE):
        parser.error("'%s' does not exist; build first: make" % runner.OGIVE)
    if options.quick:
        runner.write_aside()
    if not runner.peers_exist():
        runner.note("the peers are not installed (scripts/install-deps.sh bench): measuring ogive alone")
    for part in options.part or PARTS:
        PARTS[part](options.quick)
    page.write()


main()
