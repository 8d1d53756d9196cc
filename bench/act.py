"""Activation functions: every entry of the catalogue beside ReLU, PyTorch's own module, PyTorch's composed form, and the
same formula as a user would type it; all of them in turns."""
import json
import os
import subprocess

import runner
from networks import FORMULA

QUICK = ["relu", "silu", "gelu", "mish", "hard_swish", "prelu", "glu"]
# Bytes of a tensor, threads, turns, whether PyTorch takes part, and the interpreter.
CELLS = [(1 << 20, 1, 5, True, True), (16 << 20, 1, 3, True, False), (64 << 20, 1, 3, False, False), (64 << 20, 2, 3, False, False)]
CACHED = 16 << 20  # tensors of this size stay in some cache from one turn to the next
GOAL_CHEAP, GOAL_DEAR = 1.15, 1.5  # fused into a norm, from memory, over ReLU: without and with exp, log and the like


def catalogue():
    entries = json.loads(subprocess.run([runner.OGIVE, "act", "list", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    return [entry for entry in entries if entry["kind"] == "activation"]


class Ours(runner.Worker):
    def __init__(self, size, threads):
        super().__init__([os.path.join(runner.BUILD, "bench", "bench_act"), size, threads], threads)

    def add(self, executor, text):
        """Its index; None where that executor cannot run it."""
        answer = self.ask("add %s %s" % (executor, text))
        return None if answer.startswith("no ") else int(answer)

    def turn(self, index):
        forward, backward, norm = map(float, self.ask("turn %d" % index).split())
        return forward, backward, forward + backward + norm


def emitted(entry):
    """What PyTorch's side needs to know of an entry."""
    source = subprocess.run([runner.OGIVE, "act", "emit", entry["id"], "--to", "pytorch"], check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    params = [[param["name"], param.get("value") or 0.5, bool(param.get("learn"))] for param in entry["params"]]
    return {"source": source, "params": params, "own": (entry.get("names") or {}).get("PyTorch")}


def open_racers(entries, size, threads, beside, interpreted):
    """(name of the entry, of the racer, function that runs a turn), and what has to be closed."""
    ours = Ours(size, threads)
    peer = runner.Peer("peer_act.py", size, threads, threads=threads) if beside and runner.peers_exist() else None
    racers = []
    if peer:
        peer.hello()
    for entry in entries:
        name = entry["id"]
        executors = [("ogive", "auto"), ("built-in", "built-in"), ("formula", "compiled")]
        executors += [("interpreter", "interpreter")] if interpreted else []
        for kind, executor in executors:
            index = ours.add(executor, name)
            if index is not None:
                racers.append((name, kind, lambda index=index: ours.turn(index)))
        if peer:
            index = peer.ask({"add": emitted(entry)})
            for which in ("own", "composed"):
                racers.append((name, "PyTorch " + which,
                               lambda index=index, which=which: peer.ask({"turn": [index, which]})))
    index = ours.add("auto", FORMULA)
    racers.append(("a user's formula", "ogive", lambda: ours.turn(index)))
    return racers, [worker for worker in (ours, peer) if worker]


def measure(entries, size, threads, turns, beside, interpreted):
    """Times of every racer: {entry: {racer: {"forward", "backward", "normalised"}}}, medians in ns per element."""
    runner.note("act: %d functions, %d MB, %d thread(s)" % (len(entries), size >> 20, threads))
    racers, workers = open_racers(entries, size, threads, beside, interpreted)
    times = {}
    for _ in range(turns):
        for name, racer, run in racers:
            if size <= CACHED:
                run()  # the racer before has emptied the caches
            found = run()
            if found:
                times.setdefault(name, {}).setdefault(racer, []).append(found)
    for worker in workers:
        worker.close()
    return {name: {racer: dict(zip(("forward", "backward", "normalised"),
                                   (runner.summary(column)["median"] for column in zip(*rows))))
                   for racer, rows in row.items()} for name, row in times.items()}


def ratios(times):
    """Of each entry, as training runs it: to ReLU, to PyTorch's two forms, and to what it is without tables; and of a typed
    formula and of the interpreter to the built-in code, all of them without tables."""
    relu, rows = times["relu"]["ogive"], {}
    for name, racers in times.items():
        ours = racers["ogive"]
        row = {"to_relu": {key: ours[key] / relu[key] for key in ours}}
        for peer in ("own", "composed"):
            if "PyTorch " + peer in racers:
                row["to_pytorch_" + peer] = {key: ours[key] / racers["PyTorch " + peer][key] for key in ours}
        if "built-in" in racers:
            row["to_computed"] = {key: ours[key] / racers["built-in"][key] for key in ours}
        if "built-in" in racers and "formula" in racers:
            row["formula_to_built_in"] = {key: racers["formula"][key] / racers["built-in"][key] for key in ours}
        if "built-in" in racers and "interpreter" in racers:
            row["interpreter_to_built_in"] = {key: racers["interpreter"][key] / racers["built-in"][key] for key in ours}
        rows[name] = row
    return rows


def same_bits(entry):
    """Whether code compiled at run time gives the bits of built-in code."""
    if entry["inputs"]:
        return None  # the command evaluates functions of x
    points = ",".join(repr(i / 64) for i in range(-640, 641))
    found = [runner.ogive("act", "eval", entry["id"], "--x=" + points, "--json", OGIVE_EXECUTOR=executor)
             for executor in ("built-in", "compiled")]
    return all(found[0][key] == found[1][key] for key in ("y", "dy"))


def run(quick):
    entries = [entry for entry in catalogue() if not quick or entry["id"] in QUICK]
    document = {"rows": [], "same_bits": {entry["id"]: same_bits(entry) for entry in entries},
                "transcendental": {entry["id"]: entry["transcendental_count"] > 0 for entry in entries}}
    for size, threads, turns, beside, interpreted in CELLS[1:2] if quick else CELLS:
        times = measure(entries, size, threads, turns, beside, interpreted)
        document["rows"].append({"bytes": size, "threads": threads, "times": times, "ratios": ratios(times)})
        runner.save("act", document)
