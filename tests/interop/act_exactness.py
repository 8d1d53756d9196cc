"""Our activations against PyTorch's in float64, through the C API: act_exactness.py LIBOGIVE

Value, derivative by x and by parameters of every activation that PyTorch has a module or function for. PyTorch's own
formulas cancel here and there also in float64 (1 + erf, exp - 1), so that its digits are trusted to 1e-11 of the
larger of 1e-3 and the result; ours get 4 float32 units in the last place on top, derivatives 6, and 6e-8 where they go
through zero (src/act/exactness.def has the exact bounds, which tests/act/test_exactness.c holds against MPFR)."""
import ctypes
import sys

import torch
from torch.nn import functional as F

CASES = [  # use, PyTorch's function of x and parameters, our parameters' values
    ("relu", F.relu, []),
    ("leaky_relu", lambda x, a: torch.where(x > 0, x, a * x), [0.01]),
    ("prelu", lambda x, a: torch.where(x > 0, x, a * x), [0.25]),
    ("relu6", F.relu6, []),
    ("hard_tanh", F.hardtanh, None),
    ("hard_sigmoid", F.hardsigmoid, []),
    ("hard_swish", F.hardswish, []),
    ("sigmoid", torch.sigmoid, []),
    ("tanh", torch.tanh, []),
    ("softsign", F.softsign, []),
    ("arctan", torch.atan, []),
    ("arcsinh", torch.asinh, []),
    ("log_sigmoid", F.logsigmoid, []),
    ("softplus", lambda x: F.softplus(x, 1, 40), None),
    ("elu", F.elu, None),
    ("celu", F.celu, None),
    ("selu", F.selu, []),
    ("gelu", F.gelu, []),
    ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), []),
    ("silu", F.silu, []),
    ("swish_beta", lambda x, b: x * torch.sigmoid(b * x), [1.0]),
    ("mish", F.mish, []),
    ("tanhshrink", F.tanhshrink, []),
    ("softshrink", F.softshrink, None),
    ("hardshrink", F.hardshrink, None),
    ("sine", torch.sin, None),
    ("exponential", torch.exp, []),
    ("thresholded_relu", lambda x: F.threshold(x, 1.0, 0.0), None),
]


def open_library(path):
    library = ctypes.CDLL(path)
    library.og_error_text.restype = ctypes.c_char_p
    library.og_act_param_count.restype = ctypes.c_size_t
    library.og_act_param_count.argtypes = [ctypes.c_void_p]
    library.og_act_free.argtypes = [ctypes.c_void_p]
    return library


def evaluate(library, use, x):
    act = ctypes.c_void_p()
    if library.og_act_parse(use.encode(), ctypes.byref(act)) != 0:
        raise SystemExit(library.og_error_text().decode())
    floats = ctypes.c_float * len(x)
    count = library.og_act_param_count(act)
    y, dy, by_param = floats(), floats(), [floats() for _ in range(count)]
    pointers = (ctypes.POINTER(ctypes.c_float) * max(count, 1))(*[ctypes.cast(p, ctypes.POINTER(ctypes.c_float)) for p in by_param])
    if library.og_act_eval(act, ctypes.c_size_t(len(x)), floats(*x.tolist()), y, dy, pointers) != 0:
        raise SystemExit(library.og_error_text().decode())
    library.og_act_free(act)
    return [torch.tensor(list(values), dtype=torch.float64) for values in [y, dy, *by_param]]


def expected(function, params, x):
    """Value, derivative by x and, when parameters are given, by each."""
    at = x.double().requires_grad_()
    columns = [torch.full_like(at, float(torch.tensor(p))).detach().requires_grad_() for p in params or []]
    y = function(at, *columns)
    return [y.detach(), *torch.autograd.grad(y.sum(), [at, *columns])]


def points():
    generator = torch.Generator().manual_seed(5)
    scales = 10.0 ** torch.arange(-6, 3)
    spread = torch.cat([s * torch.randn(200, generator=generator) for s in scales])
    special = torch.tensor([0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, 22.0, -22.0, 44.0, -44.0, 60.0, -60.0])
    return torch.cat([special, spread.clamp(-60, 60)]).float()


def worst_error(ours, theirs, near_zero):
    unit = torch.ldexp(torch.ones_like(theirs), torch.frexp(theirs.abs().clamp(min=2.0**-126))[1] - 24)
    slack = 1e-11 * theirs.abs().clamp(min=1e-3) + near_zero * (theirs.abs() < 0.2)
    return (((ours - theirs).abs() - slack).clamp(min=0) / unit).max().item()


def main():
    library, x, failed = open_library(sys.argv[1]), points(), 0
    print(f"1..{len(CASES)}")
    for number, (use, function, params) in enumerate(CASES, 1):
        ours, theirs = evaluate(library, use, x), expected(function, params, x)
        kinks = (x == 0) | (x.abs() == 0.5) | (x.abs() == 1) | (x.abs() == 3) | (x == 6)
        errors = [worst_error(ours[0], theirs[0], 0)]
        errors += [worst_error(a[~kinks], b[~kinks], 6e-8) for a, b in zip(ours[1:], theirs[1:])]
        good = errors[0] <= 4 and all(e <= 6 for e in errors[1:])
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {use}: " + ", ".join(f"{e:.2f}" for e in errors) + " ulp")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
