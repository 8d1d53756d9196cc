"""What the figures should be: the goals, what was predicted before they were taken, and how each is read from the
results. A goal whose results are missing has None."""
from networks import FORMULA, name_of


def step_row(results, base, act, kind="step"):
    rows = (results.get(kind) or {"rows": []})["rows"]
    return next((row for row in rows if row["base"] == base and row["act"] == act), None)


def ratio(base, act, kind="step"):
    def find(results):
        row = step_row(results, base, act, kind)
        return row and row["ratio"]

    return find


def memory(act):
    def find(results):
        found = [step_row(results, base, act) for base in (16, 32, 64)]
        found = [row["memory_ratio"] for row in found if row and row.get("memory_ratio")]
        return max(found) if found else None

    return find


def relative(act):
    """Our lead with another function over our lead with ReLU, the least of the networks."""

    def find(results):
        pairs = [(step_row(results, base, act), step_row(results, base, "relu")) for base in (16, 32, 64)]
        found = [row["ratio"] / relu["ratio"] for row, relu in pairs if row and relu and row["ratio"] and relu["ratio"]]
        return min(found) if found else None

    return find


def inference(results):
    rows = [row["ratio"] for row in (results.get("infer") or {"rows": []})["rows"] if row["ratio"]]
    return min(rows) if rows else None


def worst_activation(learns):
    """Of the functions without convolutions of their own: a gate is a second one of the whole layer."""

    def find(results):
        rows = (results.get("shape") or {}).get("by_activation") or {}
        found = [row["ratio"] for row in rows.values()
                 if not any(name != "noise" for name in row["inputs"]) and row.get("learns") in (learns, None)]
        return max(found) if found else None

    return find


def other_share(results):
    """The largest of the networks."""
    rows = (results.get("shape") or {}).get("not_convolution")
    return rows and 100 * max(row["share"] for row in rows)


def start(what):
    """The longest of the networks."""

    def find(results):
        rows = (results.get("shape") or {}).get("start")
        return max(row[what] for row in rows) if rows and what in rows[0] else None

    return find


def installed(results):
    row = (results.get("shape") or {}).get("installed")
    return row and row["bytes"] / 1e6


def spread(axis):
    def find(results):
        rows = [row for row in (results.get("shape") or {}).get("per_pixel", []) if row["axis"] == axis and row["kind"] == "step"]
        costs = [row["ns_per_pixel"] for row in rows]
        return 100 * (max(costs) / min(costs) - 1) if costs else None

    return find


def worst_act(transcendental):
    """Cost of a function within a norm over ReLU's, from memory, one thread: the largest."""

    def find(results):
        data = results.get("act")
        rows = data and [row for row in data["rows"] if row["threads"] == 1]
        if not rows:
            return None
        largest = max(rows, key=lambda row: row["bytes"])["ratios"]
        return max(found["to_relu"]["normalised"] for name, found in largest.items()
                   if data["transcendental"].get(name) == transcendental)

    return find


def typed(results):
    data = results.get("act")
    rows = data and [found["formula_to_built_in"]["normalised"] for row in data["rows"] for found in row["ratios"].values()
                     if "formula_to_built_in" in found]
    return sorted(rows)[len(rows) // 2] if rows else None


# (what, unit, must, aim, at least or at most, predicted, how it is found)
GOALS = [
    *(("training step against the best of PyTorch, ReLU, base %d" % base, "x", must, 4, "least", predicted, ratio(base, "relu"))
      for base, must, predicted in ((16, 2.2, 2.9), (32, 2.3, 3.0), (64, 2.3, 2.4))),
    *(("the same for %s, over the ratio of ReLU" % name_of(act), "x", 1, 1, "least", predicted, relative(act))
      for act, predicted in (("silu", 0.95), ("gelu", 0.95), ("mish", 1.0), (FORMULA, 1.2))),
    ("step of the dearest catalogue function over ReLU's, base 16, those with gates and funnels left out", "x", 1.10, 1.05, "most", 1.08, worst_activation(False)),
    ("the same of those with learned parameters", "x", 1.10, 1.05, "most", 1.25, worst_activation(True)),
    ("peak memory of training over PyTorch's, ReLU", "x", 0.6, 0.35, "most", 0.3, memory("relu")),
    ("the same for Mish", "x", 0.5, 0.3, "most", 0.25, memory("mish")),
    ("inference against the best of PyTorch, ONNX Runtime, OpenVINO", "x", 1.5, 2.5, "least", 2.0, inference),
    ("share of the step that is not convolution", "%", 30, 15, "most", 20, other_share),
    ("start of the program to the first training step", "s", 0.5, 0.2, "most", 0.9, start("ready_s")),
    ("the same to its end", "s", 0.5, 0.2, "most", 0.9, start("first_step_s")),
    ("installed size with all that it needs", "MB", 300, 150, "most", 249, installed),
    ("cost per pixel, 128 to 2048 px: spread", "%", 20, 20, "most", 25, spread("size")),
    ("cost per pixel, batch 1 to 32: spread", "%", 20, 20, "most", 15, spread("batch")),
    ("a function within a norm over ReLU from memory, without exp, log and the like", "x", 1.15, 1.15, "most", 1.4, worst_act(False)),
    ("the same with them", "x", 1.5, 1.5, "most", 5, worst_act(True)),
    ("a typed formula over built-in code, median", "x", 1.05, 1.0, "most", 1.0, typed),
]
