"""On what the figures were taken."""
import os
import platform
import subprocess
import time

import runner


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def versions():
    """Of ogive, the compiler, and the peers."""
    found = {"ogive": subprocess.run([runner.OGIVE, "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[-1]}
    found["commit"] = runner.commit()
    found["gcc"] = subprocess.run(["gcc", "-dumpfullversion"], stdout=subprocess.PIPE, text=True).stdout.strip()
    if runner.peers_exist():
        script = "import importlib.metadata as m\nfor n in ('torch', 'onnxruntime', 'openvino', 'numpy'): print(n, m.version(n))"
        text = subprocess.run([runner.PEERS, "-c", script], stdout=subprocess.PIPE, text=True).stdout
        found.update(line.split() for line in text.splitlines())
    return found


def bandwidth():
    """Useful GB/s of ReLU's forward pass, one tensor read and one written: {MB of a tensor: GB/s}, on two threads."""
    rows = {}
    for mb in (1, 4, 16, 64, 256):
        rows[mb] = 8 / runner.ogive("bench", "act", "relu", "--mb", mb, "--threads", 2, "--json")[0]["forward_ns"]
    return rows


def run(quick):
    runner.save("machine", {
        "cpu": runner.cpu_name(), "cores": len(runner.CORES), "memory_bytes": memory_bytes(), "load": os.getloadavg()[0],
        "system": "%s %s" % (platform.system(), platform.release()), "date": time.strftime("%Y-%m-%d"),
        "versions": versions(), "gb_per_s": bandwidth(), "quick": quick})
