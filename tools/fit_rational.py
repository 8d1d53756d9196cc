#!/usr/bin/env python3
"""Fits the initial coefficients of pau_a, pau_b and pau_c (src/act/catalogue.def): rational functions of degrees (5, 4)
that are close to leaky_relu(0.01) on [-3, 3], in the least squares sense. Prints them, and the largest error.

Levenberg-Marquardt with derivatives by differences, on 601 points. The best denominator of pau_b is even, by symmetry;
what is left of its odd coefficients is rounding, and printed as 0. Run by hand; needs nothing but Python."""
import math

POINTS = [-3 + 6 * i / 600 for i in range(601)]


def target(x):
    return x if x > 0 else 0.01 * x


def numerator(a, x):
    return sum(c * x**k for k, c in enumerate(a))


def pau_a(p, x):
    return numerator(p[:6], x) / (1 + sum(abs(b * x ** (k + 1)) for k, b in enumerate(p[6:])))


def pau_b(p, x):
    return numerator(p[:6], x) / (1 + abs(sum(b * x ** (k + 1) for k, b in enumerate(p[6:]))))


def residuals(f, p):
    return [f(p, x) - target(x) for x in POINTS]


def solve(matrix, right):
    n = len(right)
    rows = [row[:] + [right[i]] for i, row in enumerate(matrix)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [u - factor * v for u, v in zip(rows[r], rows[i])]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def fit(f, p):
    damping, r = 1e-3, residuals(f, p)
    best = sum(e * e for e in r)
    for _ in range(400):
        columns = []
        for k in range(len(p)):
            h = 1e-6 * max(1, abs(p[k]))
            moved = p[:k] + [p[k] + h] + p[k + 1 :]
            columns.append([(u - v) / h for u, v in zip(residuals(f, moved), r)])
        normal = [[sum(u * v for u, v in zip(a, b)) for b in columns] for a in columns]
        gradient = [sum(u * v for u, v in zip(a, r)) for a in columns]
        for k in range(len(p)):
            normal[k][k] *= 1 + damping
            normal[k][k] += 1e-12
        trial = [u - v for u, v in zip(p, solve(normal, gradient))]
        tried = residuals(f, trial)
        total = sum(e * e for e in tried)
        if total < best:
            converged = best - total < 1e-12 * best
            p, r, best, damping = trial, tried, total, damping / 3
            if converged:
                break
        else:
            damping *= 4
            if damping > 1e12:
                break
    return p


def show(name, p):
    print(name, ", ".join("%.7g" % (c if abs(c) > 1e-4 else 0) for c in p))


def main():
    start = [0.03, 0.6, 2, 2.5, 1, 0.1]
    for name, f, denominator in (("pau_a", pau_a, [1.0, 3.0, 0.5, 0.3]), ("pau_b", pau_b, [0.1, 4.0, 0.1, 0.3])):
        p = fit(f, start + denominator)
        errors = residuals(f, p)
        show(name, p)
        if f is pau_b:
            show("pau_c", p[:6] + [0.9] + p[6:])  # 0.1 + |0.9 + ...| is 1 + |...| where the sum is positive
        print("  root mean square %.2g, largest %.2g" % (
            math.sqrt(sum(e * e for e in errors) / len(errors)), max(abs(e) for e in errors)))


if __name__ == "__main__":
    main()
