"""What all benchmarks share: where the programs are, workers that take turns, and files of results."""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("OGIVE_BUILD", os.path.join(ROOT, "build", "release"))
OGIVE = os.path.join(BUILD, "ogive")
PEERS = os.environ.get("OGIVE_PEERS", os.path.join(ROOT, "build", "peers-bench", "bin", "python"))

# Where results and the page go; a quick run leaves those of the last whole one alone.
RESULTS = os.environ.get("OGIVE_RESULTS", os.path.join(ROOT, "bench", "results"))
DOCS = os.environ.get("OGIVE_BENCH_DOCS", os.path.join(ROOT, "docs"))

CORES = sorted(os.sched_getaffinity(0))


def pinned(threads):
    """For subprocess: run on the first `threads` cores, and start no more threads than that."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), PYTHONDONTWRITEBYTECODE="1")
    return {"env": environment, "preexec_fn": lambda: os.sched_setaffinity(0, CORES[:threads])}


def note(text):
    """Tell how far the benchmark is."""
    print("%s  %s" % (time.strftime("%H:%M:%S"), text), file=sys.stderr, flush=True)


def ogive(*arguments, threads=2, **environment):
    """The JSON that a command of ogive prints."""
    options = pinned(threads)
    options["env"].update(environment)
    return json.loads(subprocess.run([OGIVE, *map(str, arguments)], check=True, stdout=subprocess.PIPE, **options).stdout)


class Worker:
    """A process that answers each line on its standard input with one on its standard output, so that several programs
    take turns within one run: the slow moments of a shared machine hit all of them."""

    def __init__(self, command, threads):
        self.started = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, **pinned(threads))

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self):
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("%s ended with code %s" % (self.process.args[:4], self.process.wait()))
        return answer.strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer(Worker):
    """One of bench/peer_*.py, in the Python that has PyTorch and the others; requests and answers are JSON."""

    def __init__(self, script, *arguments, threads=2):
        super().__init__([PEERS, os.path.join(ROOT, "bench", script), *arguments], threads)

    def ask(self, request):
        return json.loads(super().ask(json.dumps(request)))

    def hello(self):
        """What it says when it is ready."""
        return json.loads(self.read())


def summary(values):
    """Median and best; all of them are kept, in the order in which they were taken."""
    return {"median": statistics.median(values), "best": min(values), "all": [round(v, 4) for v in values]}


def peers_exist():
    return os.path.exists(PEERS)


def write_aside():
    """Write results and page into the build folder, unless the environment says where."""
    global RESULTS, DOCS
    RESULTS = os.environ.get("OGIVE_RESULTS", os.path.join(BUILD, "bench", "results"))
    DOCS = os.environ.get("OGIVE_BENCH_DOCS", os.path.join(BUILD, "bench"))


def cpu_name():
    with open("/proc/cpuinfo") as file:
        fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", file.read(), re.M))
    return "%s, family %s model %s" % (fields.get("model name", platform.machine()), fields.get("cpu family"),
                                       fields.get("model"))


def commit():
    return subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout.strip() or None


def taken():
    """Where and of what a part of the results was taken."""
    return {"cpu": cpu_name(), "date": time.strftime("%Y-%m-%d"), "commit": commit()}


def save(name, document):
    os.makedirs(RESULTS, exist_ok=True)
    document = {"taken": taken(), **document}
    path = os.path.join(RESULTS, name + ".json")
    with open(path, "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def load(name):
    """A file of results, or None where that benchmark has not run."""
    try:
        with open(os.path.join(RESULTS, name + ".json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return None
