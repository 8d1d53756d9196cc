#!/usr/bin/env python3
"""Read the LaTeX of a function back and evaluate it: check_latex.py FILE PARAMS X...

Prints one JSON document: for f and each derivative, by the name of what it is taken by, its values at the points X, at
which every input of the formula is x; PARAMS is a JSON object of the parameters' values. Fails on anything that is not exactly the notation that ogive writes."""

import json
import math
import re
import sys

TOKEN = re.compile(r"\\begin\{cases\}|\\end\{cases\}|\\left[(\[|]|\\right[)\]|]|\\[A-Za-z]+|\\[\\,]|\d+(?:\.\d+)?|[A-Za-z]|[-+^_{}&<>=,]")


def sigmoid(u):
    return 1 / (1 + math.exp(-u)) if u >= 0 else math.exp(u) / (1 + math.exp(u))


FUNCTIONS = {
    "exp": math.exp, "ln": math.log, "tanh": math.tanh, "sigma": sigmoid, "sin": math.sin, "cos": math.cos,
    "arctan": math.atan, "arsinh": math.asinh, "erf": math.erf, "erfc": math.erfc, "min": min, "max": max,
    "sign": lambda u: (u > 0) - (u < 0), "sech": lambda u: 1 / math.cosh(u),
    "softplus": lambda u: max(u, 0) + math.log1p(math.exp(-abs(u))),
    "Phi": lambda u: 0.5 * math.erfc(-u / math.sqrt(2)), "varphi": lambda u: math.exp(-u * u / 2) / math.sqrt(2 * math.pi),
}
COMPARE = {"<": lambda u, v: u < v, ">": lambda u, v: u > v, "=": lambda u, v: u == v,
           "\\le": lambda u, v: u <= v, "\\ge": lambda u, v: u >= v, "\\ne": lambda u, v: u != v}


class Reader:
    """Recursive descent over tokens; every method gives a function of the names' values."""

    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if match:
                self.tokens.append(match.group())
            elif not text[at].isspace():
                raise SyntaxError("unknown notation: " + text[at:at + 40])
            at = match.end() if match else at + 1
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if token is None or (wanted and token != wanted):
            raise SyntaxError("%s instead of %s after %s" % (token, wanted, " ".join(self.tokens[max(0, self.at - 8):self.at])))
        self.at += 1
        return token

    def accept(self, token):
        if self.peek() != token:
            return False
        self.at += 1
        return True

    def group(self, first="{", last="}", inner=None):
        self.take(first)
        found = (inner or self.sum)()
        self.take(last)
        return found

    def word(self):
        """The letters of \\text{...}, \\operatorname{...} and the like."""
        self.take("{")
        letters = ""
        while not self.accept("}"):
            letters += self.take()
        return letters

    def comparison(self):
        left = self.sum()
        compare = COMPARE[self.take()]
        right = self.sum()
        return lambda names: compare(left(names), right(names))

    def sum(self):
        terms = [self.term(-1 if self.accept("-") else 1)]
        while self.peek() in ("+", "-"):
            terms.append(self.term(-1 if self.take() == "-" else 1))
        return lambda names: math.fsum(term(names) for term in terms)

    def term(self, sign):
        factors = [self.power()]
        while self.accept("\\,") or self.accept("\\cdot"):
            factors.append(self.power())
        return lambda names: sign * math.prod(factor(names) for factor in factors)

    def power(self):
        base = self.atom()
        if not self.accept("^"):
            return base
        exponent = self.group()
        return lambda names: base(names) ** exponent(names)

    def arguments(self):
        values = [self.sum()]
        while self.accept(","):
            values.append(self.sum())
        return values

    def call(self, name):
        square = self.group() if self.accept("^") else (lambda names: 1)
        values = self.group("\\left(", "\\right)", self.arguments)
        return lambda names: FUNCTIONS[name](*(value(names) for value in values)) ** square(names)

    def cases(self):
        yes = self.sum()
        self.take("&")
        self.take("\\text")
        assert self.word() == "if"
        condition = self.comparison()
        self.take("\\\\")
        no = self.sum()
        self.take("&")
        self.take("\\text")
        assert self.word() == "otherwise"
        self.take("\\end{cases}")
        return lambda names: (yes if condition(names) else no)(names)

    def name(self, letters):
        if self.accept("_"):
            letters += "_" + self.word()
        return lambda names: names[letters]

    def atom(self):
        if self.peek() == "{":
            return self.group()
        if self.peek() == "\\left(":
            return self.group("\\left(", "\\right)")
        if self.peek() == "\\left[":
            return self.group("\\left[", "\\right]", self.comparison)
        if self.peek() == "\\left|":
            inside = self.group("\\left|", "\\right|")
            return lambda names: abs(inside(names))
        token = self.take()
        if token[0].isdigit():
            return lambda names: float(token)
        if token == "\\frac":
            above, below = self.group(), self.group()
            return lambda names: above(names) / below(names)
        if token == "\\sqrt":
            inside = self.group()
            return lambda names: math.sqrt(inside(names))
        if token == "\\begin{cases}":
            return self.cases()
        if token == "\\operatorname":
            return self.call(self.word())
        if token == "\\mathit":
            return self.name(self.word())
        if token.startswith("\\"):
            word = token[1:]
            return self.call(word) if word in FUNCTIONS and self.peek() in ("\\left(", "^") else self.name(word)
        return self.name(token)

    def whole(self):
        found = self.sum()
        if self.peek() is not None:
            raise SyntaxError("left over: " + " ".join(self.tokens[self.at:]))
        return found


def plain(name):
    """a_{1} -> a1, \\mathit{lo} -> lo, so that names of both kinds compare."""
    return re.sub(r"\\mathit\{(\w+)\}|[\\{}_]", lambda match: match.group(1) or "", name)


def main():
    with open(sys.argv[1]) as file:
        text = file.read()
    with open(sys.argv[2]) as file:
        names = {plain(name): value for name, value in json.load(file).items()}
    body = re.search(r"\\begin\{align\*\}\n(.*)\\end\{align\*\}", text, re.S).group(1)
    results = {}
    for line in body.split(" \\\\\n"):
        left, right = line.strip().split(" &= ")
        of = re.fullmatch(r"\\frac\{\\partial f\}\{\\partial (.*)\}", left)
        value = Reader(right).whole()

        class At(dict):
            def __missing__(self, key):
                return self[plain(key)] if plain(key) != key else self["x"]

        results[plain(of.group(1)) if of else "f"] = [value(At(names, x=float(x))) for x in sys.argv[3:]]
    print(json.dumps(results))


main()
