#!/usr/bin/env python3
"""Kill the workers of a study at random, let it be completed, and compare it with a study that nobody disturbed.

kill.py DATA SECONDS [STORE-URL]: four processes on one study for so long, each killed again and again in the middle of
whatever it does; long tests also stop one until its run is given away, and wake it. Prints one line of figures."""

import glob
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

SECONDS = float(sys.argv[2])
LONG = SECONDS > 60
WORKERS, SEEDS_AT_ONCE, GRACE_S = 4, 4 if LONG else 2, 180
OPTIONS = ["--acts", "relu,silu,mish", "--width", "4", "--depth", "2", "--epochs", "60" if LONG else "20", "--batch", "2",
           "--threads", "1"]


class Crowd:
    """The process that compares, number 0, and workers beside it; who ends is replaced."""

    def __init__(self, data, study, store):
        self.study, self.seeds, self.kills, self.complete = study, SEEDS_AT_ONCE, 0, False
        self.compare = ["ogive", "compare", data, "-o", study, "-q", *OPTIONS, *(["--store", store] if store else [])]
        self.processes = [None] * WORKERS
        self.errors = open("errors.txt", "w", encoding="utf-8")

    def start(self, i):
        command = [*self.compare, "--seeds", str(self.seeds)] if i == 0 else ["ogive", "worker", self.study, "-q", "--threads", "1"]
        self.processes[i] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.errors)

    def look(self, more):
        """Replace who has ended; a comparison that is done gets more seeds if there are to be `more`."""
        for i, process in enumerate(self.processes):
            if process and process.poll() is None:
                continue
            if i == 0 and process and process.returncode == 0:
                if not more:
                    self.complete = True
                    return
                self.seeds += SEEDS_AT_ONCE
            if i == 0 or os.path.exists(os.path.join(self.study, "study.json")):
                self.start(i)

    def kill(self, spared):
        i = random.choice([i for i in range(WORKERS) if i != spared])
        if self.processes[i] and self.processes[i].poll() is None:
            self.processes[i].kill()
            self.processes[i].wait()
            self.kills += 1


def disturb(crowd, seconds):
    """Kill for so long. Returns how often a process was stopped for longer than the grace of its run."""
    end, ghost, wake_at, stopped = time.monotonic() + seconds, None, 0.0, 0
    stop_at = time.monotonic() + 30 if seconds > GRACE_S + 120 else math.inf
    while time.monotonic() < end:
        crowd.look(True)
        time.sleep(random.uniform(0.05, 1))
        crowd.kill(ghost)
        if ghost is None and stopped == 0 and time.monotonic() > stop_at and crowd.processes[1]:
            ghost, wake_at, stopped = 1, time.monotonic() + GRACE_S + 30, 1
            crowd.processes[ghost].send_signal(signal.SIGSTOP)
        if ghost is not None and time.monotonic() > wake_at:
            crowd.processes[ghost].send_signal(signal.SIGCONT)
            ghost = None
    return stopped


def finish(crowd):
    while not crowd.complete:
        crowd.look(False)
        time.sleep(0.1)
    for process in crowd.processes[1:]:
        if process and process.poll() is None:
            process.wait(timeout=300)


def query(study, store, sql):
    if store:
        text = subprocess.run(["psql", store, "-At", "-F", "\t", "-c", sql], check=True, stdout=subprocess.PIPE).stdout.decode()
        return [line.split("\t") for line in text.splitlines()]
    import sqlite3
    with sqlite3.connect(f"file:{study}/study.db?mode=ro", uri=True) as database:
        return [[str(cell) for cell in row] for row in database.execute(sql)]


def check_store(study, store, runs):
    """Every run complete once; numbers without a gap; lost attempts say why."""
    trials = query(study, store, "SELECT t.number, t.state, r.value_json, a.value_json, w.value_json FROM trials t "
                   "JOIN studies s ON s.study_id = t.study_id "
                   "LEFT JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.key = 'ogive:run' "
                   "LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key = 'ogive:attempt' "
                   "LEFT JOIN trial_user_attributes w ON w.trial_id = t.trial_id AND w.key = 'ogive:reason' "
                   f"WHERE s.study_name = '{study}' ORDER BY t.number")
    assert [int(number) for number, *_ in trials] == list(range(len(trials))), "numbers have gaps or are doubled"
    complete = sorted(json.loads(run) for _, state, run, _, _ in trials if state == "COMPLETE")
    assert complete == sorted(runs), f"lost: {set(runs) - set(complete)}, or doubled"
    lost = [reason for _, state, _, _, reason in trials if state != "COMPLETE"]
    assert all(state in ("COMPLETE", "FAIL") for _, state, *_ in trials), trials
    assert all("its worker was lost" in reason for reason in lost), lost
    return len(lost), max(int(attempt) for _, _, _, attempt, _ in trials)


def check_results(disturbed, straight):
    for model in glob.glob(f"{straight}/trials/*/model.safetensors"):
        other = model.replace(straight, disturbed, 1)
        with open(model, "rb") as a, open(other, "rb") as b:
            assert a.read() == b.read(), f"{other} differs from {model}"
    results = []
    for study in (disturbed, straight):
        with open(f"{study}/report.json", encoding="utf-8") as file:
            results.append(json.load(file)["results"])
    assert results[0] == results[1], "the reports differ"
    left = [path for path in glob.glob(f"{disturbed}/**", recursive=True) if ".part" in path]
    assert not left, f"left behind: {left}"


def main():
    data, seconds, store = sys.argv[1], SECONDS, sys.argv[3] if len(sys.argv) > 3 else None
    random.seed(1)
    crowd = Crowd(data, "disturbed", store)
    stopped = disturb(crowd, seconds)
    finish(crowd)
    subprocess.run(["ogive", "compare", data, "-o", "straight", "-q", *OPTIONS, "--seeds", str(crowd.seeds)], check=True,
                   stdout=subprocess.DEVNULL)
    runs = [os.path.basename(path) for path in glob.glob("straight/trials/*")]
    assert len(runs) == 3 * crowd.seeds, runs
    lost, attempts = check_store("disturbed", store, runs)
    check_results("disturbed", "straight")
    assert crowd.kills > 0 and lost > 0, "nothing was disturbed"
    print(f"{seconds:.0f} s, {crowd.kills} kills, {stopped} stopped beyond its grace, {len(runs)} runs, {lost} attempts lost, "
          f"at most {attempts} attempts at a run; all results as undisturbed")


main()
