#!/usr/bin/env python3
"""PyTorch's side of activation functions: peer_act.py BYTES THREADS

{"add": {"source": emitted module, "params": [[name, value, learned]], "own": "nn.Mish()" or null}} -> index
{"turn": [index, "own" | "composed"]} -> nanoseconds per element of the result: forward, backward, and both behind a
batch norm of each input, or null where PyTorch has none."""
import inspect
import json
import sys
import time

import torch
from torch import nn

INPUTS = ["x", "mirror", "gate", "gate2", "gate3", "funnel", "noise"]


def shape_of(floats):
    """Four images with sides like those within a U-Net."""
    channels = 16 if floats < 1 << 21 else 64
    side = int((floats / 4 / channels) ** 0.5)
    return 4, channels, side, side


class Function:
    """One entry: its emitted formula over tensors, and PyTorch's own module."""

    def __init__(self, request, pool):
        scope = {"__name__": "emitted"}
        exec(compile(request["source"], "emitted", "exec"), scope)
        self.formula = scope["_formula"]
        names = list(inspect.signature(self.formula).parameters)
        self.inputs = [pool.input(name) for name in names if name in INPUTS]
        values = {name: (value, learned) for name, value, learned in request["params"]}
        self.params = [parameter(*values[name]) for name in names if name not in INPUTS]
        self.own = own_module(request["own"], pool.shape[1], len(self.inputs))
        self.norms = [nn.BatchNorm2d(pool.shape[1]) for _ in self.inputs]

    def call(self, which, inputs):
        return self.own(*inputs) if which == "own" else self.formula(*inputs, *self.params)

    def leaves(self, which):
        params = list(self.own.parameters()) if which == "own" and isinstance(self.own, nn.Module) else self.params
        return [tensor for tensor in [*self.inputs, *params] if tensor.requires_grad]


def parameter(value, learned):
    return torch.full((1, 1, 1, 1), value, requires_grad=bool(learned))


def own_module(text, channels, inputs):
    """nn.Mish() or torch.exp(); a gate is the other half of the channels there, which counts as one input."""
    if not text or inputs != 1:
        return None
    if text.startswith("nn."):
        return eval(text, {"nn": nn, "C": channels})
    return getattr(torch, text[len("torch."):-2])


class Pool:
    """Tensors that all functions share."""

    def __init__(self, floats):
        self.shape = shape_of(floats)
        self.count = self.shape[0] * self.shape[1] * self.shape[2] * self.shape[3]
        self.tensors = {}
        self.gradient = torch.randn(self.shape)

    def input(self, name):
        if name not in self.tensors:
            made = torch.rand(self.shape) if name == "noise" else torch.randn(self.shape)
            self.tensors[name] = made.requires_grad_(name != "noise")
        return self.tensors[name]


def turn(function, which, pool):
    if which == "own" and function.own is None:
        return None
    leaves = function.leaves(which)
    start = time.perf_counter()
    y = function.call(which, function.inputs)
    middle = time.perf_counter()
    torch.autograd.grad(y, leaves, pool.gradient)
    late = time.perf_counter()
    del y
    weights = [tensor for norm in function.norms for tensor in norm.parameters()]
    begin = time.perf_counter()
    z = [norm(tensor) for norm, tensor in zip(function.norms, function.inputs)]
    torch.autograd.grad(function.call(which, z), leaves + weights, pool.gradient, allow_unused=True)
    end = time.perf_counter()
    return [1e9 * seconds / pool.count for seconds in (middle - start, late - middle, end - begin)]


def main():
    size, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    pool, functions = Pool(size // 4), []
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "add" in request:
            functions.append(Function(request["add"], pool))
            answer = len(functions) - 1
        else:
            index, which = request["turn"]
            answer = turn(functions[index], which, pool)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
