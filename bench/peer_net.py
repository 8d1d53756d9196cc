#!/usr/bin/env python3
"""PyTorch's side of a network: peer_net.py step|volume|infer MODE WIDTH BATCH SIZE THREADS [MODULE.py]

A volume is a step with 3 x 3 x 3 windows, on a cube of SIZE. MODE is eager, channels_last, compile or compile_channels_last; the activation is nn.ReLU, or the module that the file
(written by 'ogive act emit --to pytorch', or naming one of torch.nn) defines. Says {"first_s", "imported_bytes"} when the
first pass is done, then answers {"turns": N} with the milliseconds of N passes, and {"report": true} with its memory."""
import importlib.util
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


imported_bytes = resident_bytes()


def load_activation(path):
    """A class without arguments: nn.NAME, or what an emitted file defines."""
    if path.startswith("nn."):
        made = getattr(nn, path[3:])
        return lambda: made(inplace=True) if path in ("nn.ReLU", "nn.SiLU", "nn.Mish") else made()
    spec = importlib.util.spec_from_file_location("emitted", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(value for value in vars(module).values() if isinstance(value, type) and value.__module__ == "emitted")


LAYERS = {2: (nn.Conv2d, nn.BatchNorm2d, nn.ConvTranspose2d, F.max_pool2d, torch.channels_last),
          3: (nn.Conv3d, nn.BatchNorm3d, nn.ConvTranspose3d, F.max_pool3d, torch.channels_last_3d)}


def double_conv(inputs, outputs, act, dims):
    conv, norm = LAYERS[dims][:2]
    return nn.Sequential(conv(inputs, outputs, 3, padding=1, bias=False), norm(outputs), act(),
                         conv(outputs, outputs, 3, padding=1, bias=False), norm(outputs), act())


class UNet(nn.Module):
    """The layers of milesial/Pytorch-UNet with transposed convolutions, in two or three dimensions."""

    def __init__(self, width, act, dims, channels=3, classes=2, depth=4):
        super().__init__()
        conv, _, up, self.pool, _ = LAYERS[dims]
        c = [width << stage for stage in range(depth + 1)]
        self.first = double_conv(channels, c[0], act, dims)
        self.down = nn.ModuleList(double_conv(c[s], c[s + 1], act, dims) for s in range(depth))
        self.up = nn.ModuleList(up(c[s + 1], c[s], 2, stride=2) for s in range(depth))
        self.decoder = nn.ModuleList(double_conv(2 * c[s], c[s], act, dims) for s in range(depth))
        self.head = conv(c[0], classes, 1)

    def forward(self, x):
        skips = [self.first(x)]
        for block in self.down:
            skips.append(block(self.pool(skips[-1], 2)))
        x = skips.pop()
        for s in reversed(range(len(self.up))):
            x = self.decoder[s](torch.cat([skips[s], self.up[s](x)], 1))
        return self.head(x)


def loss_of(logits, labels):
    p = logits.softmax(1)
    truth = F.one_hot(labels, logits.shape[1]).movedim(-1, 1).float()
    pixels = [axis for axis in range(p.dim()) if axis != 1]
    both, total = (p * truth).sum(pixels), (p + truth).sum(pixels)
    return F.cross_entropy(logits, labels) + 1 - ((2 * both + 1e-5) / (total + 1e-5)).mean()


def make_pass(kind, mode, width, batch, size, act):
    dims = 3 if kind == "volume" else 2
    net = UNet(width, act, dims)
    x = torch.randn(batch, 3, *[size] * dims)
    labels = torch.randint(0, 2, (batch, *[size] * dims))
    if mode.endswith("channels_last"):
        net, x = net.to(memory_format=LAYERS[dims][-1]), x.to(memory_format=LAYERS[dims][-1])
    net.train(kind != "infer")
    run = torch.compile(net) if mode.startswith("compile") else net
    if kind == "infer":

        def infer():
            with torch.inference_mode():
                return run(x).softmax(1)

        return infer
    optimizer = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(run(x), labels).backward()
        optimizer.step()

    return step


def time_ms(run):
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def main():
    kind, mode, width, batch, size, threads, act = sys.argv[1:]
    torch.set_num_threads(int(threads))
    run = make_pass(kind, mode, int(width), int(batch), int(size), load_activation(act))
    run()
    print(json.dumps({"first_s": time.monotonic(), "imported_bytes": imported_bytes}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "turns" in request:
            answer = [time_ms(run) for _ in range(request["turns"])]
        else:
            answer = {"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                      "imported_bytes": imported_bytes, "version": torch.__version__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
