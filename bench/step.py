"""A training step and inference, against PyTorch's modes, ONNX Runtime and OpenVINO, in turns."""
import os
import statistics
import subprocess
import tempfile

import runner
from networks import CASES, COMMANDS, MODES, STEP, name_of, ogive_options

TORCH = {"relu": "nn.ReLU", "silu": "nn.SiLU", "gelu": "nn.GELU", "mish": "nn.Mish"}


class Ogive:
    """A new process each time it is asked: it starts in less time than a pass takes."""

    def __init__(self, kind, network, act, threads):
        self.command = ["bench", *COMMANDS[kind], *ogive_options(*network, act, threads), *(STEP if kind != "infer" else [])]
        self.threads = threads
        self.reports = []

    def turns(self, count):
        """Milliseconds of `count` passes: the program keeps their median and best."""
        report = runner.ogive(*self.command, "--turns", count, threads=self.threads)
        self.reports.append(report)
        return [report["ms_per_step"]]

    def report(self):
        middle = sorted(self.reports, key=lambda report: report["ms_per_step"])[len(self.reports) // 2]
        return {**{key: middle[key] for key in ("first_ms", "plan_bytes", "gflop", "gflops", "peak_gflops",
                                                "percent_of_peak", "by_kind", "by_layer", "isa")},
                "best": min(report["best_ms"] for report in self.reports),
                "peak_bytes": max(report["peak_bytes"] for report in self.reports)}

    def close(self):
        pass


class Torch:
    """One process that stays, since its first pass may compile for a minute."""

    def __init__(self, kind, mode, network, module, threads):
        self.peer = runner.Peer("peer_net.py", kind, mode, *network, threads, module, threads=threads)
        self.first_s = self.peer.hello()["first_s"] - self.peer.started
        self.peer.ask({"turns": 2})

    def turns(self, count):
        return self.peer.ask({"turns": count})

    def report(self):
        return {**self.peer.ask({"report": True}), "first_s": self.first_s}

    def close(self):
        self.peer.close()


class Onnx(Torch):
    def __init__(self, name, path, network, threads):
        self.peer = runner.Peer("peer_onnx.py", name, path, *network[1:], threads, threads=threads)
        self.first_s = self.peer.hello()["first_s"] - self.peer.started
        self.peer.ask({"turns": 2})


def module_of(act, folder):
    """PyTorch's own module where it has one; else what ogive writes for it."""
    if act in TORCH:
        return TORCH[act]
    path = os.path.join(folder, "activation.py")
    subprocess.run([runner.OGIVE, "act", "emit", act, "--to", "pytorch", "--name", "Activation", "-o", path], check=True)
    return path


def open_contenders(kind, network, act, threads, modes, folder):
    yield "ogive", Ogive(kind, network, act, threads)
    if not runner.peers_exist():
        return
    module = module_of(act, folder)
    for mode in modes:
        yield MODES[mode], Torch(kind, mode, network, module, threads)
    if kind == "infer":
        path = os.path.join(folder, "net.onnx")
        subprocess.run([runner.PEERS, os.path.join(runner.ROOT, "bench", "peer_onnx.py"), "export", path,
                        *map(str, network), module], check=True, **runner.pinned(threads))
        for name in ("onnxruntime", "openvino"):
            yield name, Onnx(name, path, network, threads)


def measure(kind, network, act, threads, modes, rounds, turns):
    """One row of results: each contender's times, taken in `rounds` rounds."""
    runner.note("%s: base %d, batch %d, %d px, %s" % (kind, *network, name_of(act)))
    contenders = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, contender in open_contenders(kind, network, act, threads, modes, folder):
                contenders[name] = contender
            times = {name: [] for name in contenders}
            for _ in range(rounds):
                for name, contender in contenders.items():
                    times[name].append(statistics.median(contender.turns(turns)))
            found = {name: {**runner.summary(times[name]), **contender.report()} for name, contender in contenders.items()}
        finally:
            for contender in contenders.values():
                contender.close()
    base, batch, size = network
    return {"kind": kind, "base": base, "batch": batch, "size": size, "act": act, "threads": threads,
            "contenders": found, **ratios(found)}


def ratio(row, ours):
    """Median over the rounds of what each took over ours in the same round: a slow minute of the machine slows both."""
    return statistics.median(theirs / mine for theirs, mine in zip(row["all"], ours["all"]))


def ratios(found):
    """Ours against the fastest of the others."""
    over = {name: ratio(row, found["ogive"]) for name, row in found.items() if name != "ogive"}
    if not over:
        return {"peer": None, "ratio": None}
    best = min(over, key=over.get)
    row = {"peer": best, "ratio": over[best], "over": over}
    memory = {name: entry["peak_bytes"] for name, entry in found.items() if name.startswith("PyTorch")}
    least = min(memory, key=memory.get)
    ours = found["ogive"]["peak_bytes"]
    return {**row, "memory_peer": least, "memory_ratio": ours / memory[least],
            "memory_ratio_without_import": ours / (memory[least] - found[least]["imported_bytes"])}


def faster_modes(row):
    """Of PyTorch's plain modes, and of its compiled ones, the one that was faster in a row of results."""
    found = {mode: row["contenders"][name]["median"] for mode, name in MODES.items() if name in row["contenders"]}
    families = [[mode for mode in found if mode.startswith("compile") == compiled] for compiled in (False, True)]
    return [min(family, key=found.get) for family in families if family]


def run(kind, quick):
    rows = []
    cases, rounds, turns = CASES[kind], *((15, 4) if kind == "infer" else (9, 3))
    if quick:
        cases, rounds, turns = [(cases[0][0], ["relu"])], 3, 2
    for network, acts in cases:
        modes = ["eager", "channels_last"] if quick or kind == "volume" else list(MODES)
        for act in acts:
            rows.append(measure(kind, network, act, 2, modes, rounds, turns))
            runner.save(kind, {"rounds": rounds, "turns": turns, "rows": rows})
            modes = faster_modes(rows[-1]) if act == acts[0] else modes
