"""What the tests of emitted code share: a Python that has the library, TAP, and references in float64."""

import ast
import json
import math
import os
import re
import subprocess
import sys

OGIVE = os.environ["OGIVE"]
SOURCE = os.environ["OGIVE_SOURCE_DIR"]

# What no catalogue has: guarded branches, comparisons as numbers, reserved words as names, every primitive.
FORMULAS = [
    "x*sigmoid(b*x); b=learn(1.5, channel)",
    "where(x > 0, sqrt(x), -log1p(-x))",
    "where(x > 1, log(x), where(x < -1, -1/x, exp(-abs(x))))",
    "min(exp(x), 2 + x/(1 + abs(x)))",
    "(x > 0)*x + 0.1*(x <= 0)*x",
    "where(abs(x), sin(x)/(1 + x^2), 0) + where((x > 0) == (x < 2), x, 0.5*x)",
    "lambda*x + if*tanh(x) + float*cos(x); lambda=0.2, if=learn(0.3), float=learn(uniform(0, 1), channel)",
    "erf(x) + erfc(x)*x + normal_cdf(x) + normal_pdf(x) + exp(-x^2) + tanh(softplus(x))",
    "sech2(x) + sech2(softplus(x)) + log_sigmoid(x) + asinh(x) + atan(x) + sign(x)*abs(x)^2.5",
    "max(min(x, 3), max(-1, x/4)) + rsqrt(1 + x^2) + expm1(min(x, 1)) + cos(x)",
    "tanhshrink(x) + 0.01*exp_rest(min(x, 2)) - 0.01*exp_turn(min(x, 3))",
    "s*x; s=alternate(0.5)",
    "max(x, funnel)",
    "x*sigmoid(gate2) + gate*g; g=learn(0.1)",
    "max(mirror, 0) + 0.01*(mirror > 1)",
    "where(x > 0, x, (0.1 + 0.2*noise)*x)",
    "where(a < 0.5, a*x, x*log(a)); a=learn(0)",
    "x*(0.5 + p) + q; p=excite(4, relu), q=excite(4, relu, layer)",
]


def reexec_with(*modules):
    """Go on in a Python that has the modules, or skip the test."""
    pythons = [os.environ.get("OGIVE_PYTHON"), SOURCE + "/build/peers/bin/python", "/usr/bin/python3", sys.executable]
    tried = int(os.environ.get("OGIVE_PEERS_TRIED", "0"))
    try:
        for module in modules:
            __import__(module)
        return
    except ImportError:
        pass
    while tried < len(pythons):
        python = pythons[tried]
        tried += 1
        if python and os.path.exists(python):
            os.environ["OGIVE_PEERS_TRIED"] = str(tried)
            os.execv(python, [python] + sys.argv)
    print("1..0\nok 1 # SKIP no Python has %s: make test-peers installs it" % " and ".join(modules))
    sys.exit(0)


def ogive(*arguments):
    return subprocess.run([OGIVE, *arguments], check=True, capture_output=True).stdout


def emit(text, target, *options):
    return ogive("act", "emit", text, "--to", target, *options)


class Case:
    """A function: its formula's text, the parameters' initial values, and the inputs that it reads."""

    def __init__(self, text):
        source = emit(text, "jax").decode()
        self.text = text
        self.formula = re.search("^  f = (.*)$", source, re.M).group(1)
        self.params = ast.literal_eval(re.search("^PARAMS = (.*)$", source, re.M).group(1))
        self.function, arguments = re.search(r"^def ([A-Za-z]\w*)\((.*)params=PARAMS", source, re.M).groups()
        self.inputs = [name for name in arguments.replace(",", " ").split()]
        self.source = source
        self.about = re.search("^  f = .*\n((.*\n)*?)Written", source, re.M).group(1)
        self.gates = max([0] + [1 if name == "gate" else int(name[4:]) for name in self.inputs if name[:4] == "gate"])

    def value(self, inputs, params=None):
        return evaluate(self.formula, self.named({**inputs, **(params or self.params)}))

    def named(self, values):
        """By the names of the formula: lambda, which is p0_lambda in code."""
        return {re.sub(r"^p\d+_", "", name): value for name, value in values.items()}

    def slope(self, inputs, name):
        """By differences of the reference, for an input or a parameter; NaN where both sides differ, at a kink."""
        import numpy as np

        values = self.named({**inputs, **self.params})
        (name,) = self.named({name: 0})
        step = 1e-6 * (1 + abs(values[name]))
        above, at, below = (evaluate(self.formula, {**values, name: values[name] + sign * step}) for sign in (1, 0, -1))
        right, left = (above - at) / step, (at - below) / step
        return np.where(np.abs(right - left) > 2e-4 * (1 + np.abs(left)), np.nan, (right + left) / 2)

    def slopes_at_kinks(self):
        """(x, df/dx) from the kernels that training uses, at the usual kinks."""
        x = [0, 0.5, -0.5, 1, -1, 2, -2, 3, -3, 6]
        document = json.loads(ogive("act", "eval", self.text, "--x", ",".join(map(str, x)), "--json"))
        return x, document["dy"]


def cases():
    """Every function of the catalogue and of FORMULAS."""
    rows = json.loads(ogive("act", "list", "--json"))
    return [Case(text) for text in [row["id"] for row in rows if row["kind"] == "activation"] + FORMULAS]


def run(tests):
    """Run (name, function) pairs; print TAP."""
    tests = list(tests)
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            note = test()
            print("ok %d %s%s" % (number, name, " # " + note if note else ""))
        except Exception as error:  # a test that cannot run has failed
            failed += 1
            print("not ok %d %s" % (number, name))
            for line in ("%s: %s" % (type(error).__name__, error)).splitlines():
                print("  # " + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def evaluate(formula, values):
    """A formula's text in float64 by NumPy: independent of ogive's own evaluation, and of what is emitted."""
    import numpy as np

    def elementwise(function):
        return lambda u: np.vectorize(function, otypes=[float])(u)

    def sigmoid(u):
        e = np.exp(-np.abs(u))
        return np.where(u >= 0, 1, e) / (1 + e)

    def softplus(u):
        return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))

    def sech2(u):
        e = np.exp(-2 * np.abs(u))
        return 4 * e / (1 + e) ** 2

    erfc = elementwise(math.erfc)
    names = {
        "abs": np.abs, "sign": np.sign, "sqrt": np.sqrt, "rsqrt": lambda u: 1 / np.sqrt(u), "exp": np.exp,
        "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "sigmoid": sigmoid, "softplus": softplus,
        "log_sigmoid": lambda u: -softplus(-u), "tanh": np.tanh, "sech2": sech2,
        "tanh_softplus": lambda u: np.tanh(softplus(u)), "sech2_softplus": lambda u: sech2(softplus(u)),
        "erf": elementwise(math.erf), "erfc": erfc, "gaussian": lambda u: np.exp(-u * u),
        "normal_cdf": lambda u: 0.5 * erfc(-u / math.sqrt(2)),
        "normal_pdf": lambda u: np.exp(-u * u / 2) / math.sqrt(2 * math.pi),
        "sin": np.sin, "cos": np.cos, "atan": np.arctan, "asinh": np.arcsinh, "min": np.minimum, "max": np.maximum,
        "where": lambda c, u, v: np.where(np.asarray(c) != 0, u, v), "clamp": lambda u, lo, hi: np.minimum(np.maximum(u, lo), hi),
        "exp_rest": lambda u: np.expm1(u) - u, "exp_turn": lambda u: np.expm1(u) - u * np.exp(u),
        "tanhshrink": lambda u: u - np.tanh(u), "pi": math.pi, "e": math.e,
    }
    renamed = {name: "p_%d" % i for i, name in enumerate(values)}  # no keyword of Python
    code = re.sub(r"[A-Za-z_]\w*", lambda word: renamed.get(word.group(), word.group()), formula).replace("^", "**")
    with np.errstate(all="ignore"):
        found = eval(code, {**names, **{renamed[name]: value for name, value in values.items()}})
    return np.broadcast_to(np.asarray(found, float), np.broadcast_shapes(*(np.shape(value) for value in values.values())))


def sample():
    """Inputs where activations bend and where they saturate, none of them a kink."""
    import numpy as np

    near = np.linspace(-12, 12, 1201) + 0.003
    far = np.array([17.3, 21, 30, 44.4, 60, 80, 1e-3, 1e-5, 1e-8])
    return np.concatenate([near, far, -far]).astype(np.float32)


def inputs_of(case):
    """Values for each input that the formula reads: independent of one another."""
    import numpy as np

    x = sample()
    values = {"x": x, "mirror": x, "noise": (np.arange(x.size) % 97 / 97).astype(np.float32)}
    for shift, name in enumerate(["gate", "gate2", "gate3", "funnel"], 1):
        values[name] = np.roll(x, 131 * shift) * np.float32(0.7)
    return {name: values[name] for name in case.inputs}


def per_channel(case):
    return any(word in case.about for word in ("per channel", "even channels", "predicted"))


VALUE_ULP, SLOPE_ULP = 64, 512


def close(what, found, wanted, inputs, ulp=VALUE_ULP):
    """Compare with a float64 reference: the error may be `ulp` units of the value or of 1. For a slope the product of the
    inputs is another scale: automatic differentiation computes s (1 - s), which cancels."""
    import numpy as np

    found = np.asarray(found, float)
    wanted = np.broadcast_to(wanted, found.shape)
    assert np.isfinite(found).all(), "%s is not finite at %s" % (what, [
        float(np.ravel(np.broadcast_to(value, found.shape))[np.argmin(np.isfinite(np.ravel(found)))]) for value in inputs.values()])
    assert np.isnan(wanted).mean() < 0.05, "%s has too many kinks" % what
    scale = 1.0
    for value in inputs.values():
        scale = scale * np.maximum(1, np.abs(value)) if ulp == SLOPE_ULP else scale
    error = np.nan_to_num(np.abs(found - wanted) / (2.0**-24 * (np.abs(wanted) + scale)))
    worst = np.unravel_index(np.argmax(error), found.shape)
    at = {name: float(np.broadcast_to(value, found.shape)[worst]) for name, value in inputs.items()}
    assert error[worst] <= ulp, "%s = %.9g instead of %.9g at %s: %.0f units" % (what, found[worst], wanted[worst], at, error[worst])


def equal_slopes(x, found, wanted):
    """At kinks the choice of a side must be ours."""
    for at, one, other in zip(x, found, wanted):
        if other is not None:  # not finite
            assert abs(one - other) <= 1e-5 * (1 + abs(other)), "df/dx = %.9g instead of %.9g at the kink %g" % (one, other, at)
