#!/usr/bin/env python3
"""Fit the polynomials of src/act/f32.h, and check that the header has exactly these coefficients.

Chebyshev fits in 40 digits (mpmath), each coefficient rounded to float32. The printed error is that of the rounded
polynomial over its interval, relative to the function that is fitted.

usage: tools/fit_primitives.py        needs mpmath (Debian: python3-mpmath)
"""
import pathlib
import re
import struct
import sys

from mpmath import atan, atanh, chebyfit, erf, erfc, exp, expm1, log, log1p, mp, mpf, nstr, pi, sin, sqrt, tanh

mp.dps = 40
TINY = mpf(10) ** -8


def to_float32(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def root(t):
    return sqrt(t) if t > 0 else mpf(0)


def by_square(f, at_zero):
    """f(x) as a function of t = x^2, with its limit at 0."""
    return lambda t: f(root(t)) if t > TINY**2 else at_zero


def tail(k, f):
    """f(z) (z + k) as a function of q = (z - k) / (z + k)."""
    return lambda q: f(k * (1 + q) / (1 - q)) * (k * (1 + q) / (1 - q) + k)


def shifted(z, k):
    return (z - k) / (z + k)


def scaled_erfc(a):
    return erfc(a) * exp(a * a)


def scaled_normal(z):
    return erfc(z / sqrt(mpf(2))) / 2 * exp(z * z / 2)


R = mpf("0.3467")  # a little over ln 2 / 2
S = sqrt(mpf(2))
SINE_1 = mpf(to_float32(-mpf(1) / 6))  # so that the others make up for its rounding

# name, function, interval, number of coefficients
FITS = [
    ("f32_exp_tail", lambda r: (exp(r) - 1 - r) / r**2 if abs(r) > TINY else mpf(1) / 2, -R, R, 5),
    ("f32_exp_rest", lambda u: (expm1(u) - u) / u**2 if abs(u) > TINY else mpf(1) / 2, -mpf("1.01"), mpf("1.01"), 8),
    ("f32_exp_turn", lambda u: (expm1(u) - u * exp(u)) / u**2 if abs(u) > TINY else -mpf(1) / 2,
     -mpf("1.52"), mpf("1.02"), 9),
    ("f32_tanhshrink", by_square(lambda u: (u - tanh(u)) / u**3, mpf(1) / 3), 0, mpf("1.51") ** 2, 11),
    ("f32_log_core", lambda f: (log1p(f) - f + f * f / 2) / f**3 if abs(f) > TINY else mpf(1) / 3,
     S / 2 - 1 - mpf("0.001"), S - 1 + mpf("0.001"), 9),
    ("f32_log1p_unit", lambda t: log1p(t) / t if t > TINY else mpf(1), 0, 1, 10),
    ("f32_log2_tail", by_square(lambda s: 2 / log(2) * (atanh(s) / s - 1) / s**2, 2 / log(mpf(8))), 0, mpf("0.0296"), 5),
    ("f32_normal_upper", tail(mpf(4), scaled_normal), shifted(mpf(0), 4), shifted(mpf("18.8"), 4), 10),
    ("f32_erfc_positive", tail(mpf(3), scaled_erfc), shifted(mpf(0), 3), shifted(mpf("13.3"), 3), 10),
    ("f32_erf_tail", by_square(lambda x: erf(x) / x - 1, 2 / sqrt(pi) - 1), 0, mpf("0.93") ** 2, 6),
    ("f32_atan", by_square(lambda x: (atan(x) - x) / x**3, -mpf(1) / 3), 0, 1, 9),
    ("f32_sin_core (behind the first)", by_square(lambda x: ((sin(x) - x) / x**3 - SINE_1) / x**2, mpf(0)),
     mpf("0.5"), mpf("1.9") ** 2, 4),
]


def main():
    header = (pathlib.Path(__file__).parent.parent / "src/act/f32.h").read_text()
    known = {abs(float.fromhex(text)) for text in re.findall(r"(0x1\.[0-9a-f]+p[-+][0-9]+)f", header)}
    missing = 0
    for name, function, low, high, count in FITS:
        coefficients = [to_float32(c) for c in reversed(chebyfit(function, [low, high], count))]
        points = [low + (high - low) * mpf(k) / 200 for k in range(1, 201)]
        error = max(abs(sum(c * p**i for i, c in enumerate(coefficients)) / function(p) - 1) for p in points)
        print(f"{name}: relative error {nstr(error, 3)}")
        for c in coefficients:
            found = abs(c) in known or abs(c) in (0.5, 1)
            missing += not found
            print(f"    {c.hex()}f{'' if found else '    NOT IN f32.h'}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
