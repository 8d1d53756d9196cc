#!/usr/bin/python3
"""Write the parity cases that tests/net/test_parity.c checks: the same U-Net, weights and data in PyTorch.

usage: make_golden.py FOLDER [--live]

Each FOLDER/CASE.golden (safetensors format) holds the network's description (metadata), input, labels, initial weights and running
statistics, and what PyTorch makes of them: logits in evaluation mode (and probabilities where the head is not softmax), loss, all gradients, running statistics after one
training pass, and weights after ten optimiser steps. The committed golden files are small; --live makes larger ones.
Needs PyTorch (Debian: python3-torch). Order of tensors in the flat vectors: ogive's.
"""
import copy
import json
import math
import os
import struct
import sys

import torch

from axes_torch import AxesUNet, middle
from unet_torch import (FUNCTIONS, HEADS, Crelu, DyReluB, Funnel, Glu, Maxout, MetaAconC, Rrelu, UNet, loss_of)

STEPS = 10
KINKED = ("relu", "leaky_relu", "prelu")
SMOOTH = ("silu", "mish", "elu")
FURTHER = (  # functions with inputs or parameters of their own: case, function, norm, optimizer
    ("glu-batch", Glu, "batch", "adam"),
    ("glu-none", Glu, "none", None),
    ("maxout-instance", Maxout, "instance", None),
    ("frelu-batch", Funnel, "batch", None),
    ("frelu-none", Funnel, "none", None),
    ("crelu-batch", Crelu, "batch", None),
    ("crelu-none", Crelu, "none", None),
    ("dyrelu_b-batch", DyReluB, "batch", None),
    ("dyrelu_b-none", DyReluB, "none", None),
    ("meta_acon_c-batch", MetaAconC, "batch", "sgd"),
    ("meta_acon_c-instance", MetaAconC, "instance", None),
    ("meta_acon_c-none", MetaAconC, "none", None),
    ("rrelu-batch", Rrelu, "batch", None),
)
META_ACON_C = next(text for text, module in FUNCTIONS.items() if module is MetaAconC)
AXES = (  # case, norm, enlargement, function, options of the command line
    ("axes-group", "group", "nearest", "silu", {"groups": "3", "convs": "3", "down": "average"}),
    ("axes-layer", "layer", "pixel-shuffle", "tanh", {"kernel": "5", "dilation-bottleneck": "2", "convs": "1"}),
    ("axes-order", "batch", "transposed", "mish", {"order": "act-norm", "dilation": "2"}),
    ("axes-residual", "batch", "bilinear", "silu", {"residual": "true", "skip": "add"}),
    ("axes-same", "layer", "transposed", "tanh", {"residual": "true", "width-cap": "3", "skip": "add", "order": "act-norm"}),
    ("axes-attention", "batch", "transposed", "silu", {"skip": "attention"}),
    ("axes-gates", "none", "nearest", "tanh", {"skip": "attention", "residual": "true", "kernel": "1"}),
    ("valid-concatenate", "batch", "transposed", "silu", {"padding": "valid"}),
    ("valid-residual", "none", "bilinear", "tanh", {"padding": "valid", "residual": "true", "skip": "add", "convs": "1"}),
    ("valid-attention", "batch", "pixel-shuffle", "silu", {"padding": "valid", "skip": "attention", "convs": "1"}),
)
CONDITION = 2e-5  # largest distance of PyTorch's own fp32 training from its fp64 training
FROZEN = (  # likewise, and the parts whose batch norms are in evaluation mode
    ("frozen-encoder", "batch", "transposed", "silu", {"convs": "2"}, ("encoder",)),
    ("frozen-all", "batch", "bilinear", "tanh", {"residual": "true", "order": "norm-act"},
     ("encoder", "bottleneck", "decoder.1", "decoder.0")),
    ("frozen-order", "batch", "transposed", "mish", {"order": "act-norm", "skip": "attention"}, ("bottleneck", "decoder")),
)
SIDES = {"valid-concatenate": (44, 48), "valid-residual": (30, 34), "valid-attention": (34, 38)}  # others: (8, 12)
MARGIN = 3e-5  # distance of every gate from its kink: far above the rounding of a forward pass in fp32


def cases(live):
    """(name, settings) of every case; sizes are (inputs, classes, depth, width, cap, n, h, w)."""
    sizes = (3, 5, 3, 12, 64, 2, 48, 32) if live else (1, 3, 2, 3, 64, 2, 16, 12)
    optimizers = ["adam", "sgd", "adamw"]
    for i, act in enumerate(SMOOTH):
        for norm in ("batch", "instance"):
            up = "transposed" if norm == "batch" else "bilinear"
            yield f"{act}-{norm}", sizes, norm, up, act, "softmax", optimizers[i]
    if live:
        yield "silu-rmsprop", sizes, "instance", "transposed", "silu", "softmax", "rmsprop"
    yield "silu-none", sizes, "none", "transposed", "silu", "softmax", "adam"
    for act in KINKED:
        yield f"{act}-batch", sizes, "batch", "transposed", act, "softmax", None
    yield "mish-wide", (2, 2, 1, 17, 64, 1, 8, 8), "batch", "transposed", "mish", "softmax", None
    yield "silu-sigmoid", sizes, "instance", "transposed", "silu", "sigmoid", "adam"
    yield "silu-arctan", sizes, "instance", "transposed", "silu", "arctan", None
    yield "silu-sparsemax", sizes, "instance", "transposed", "silu", "sparsemax", None
    for name, function, norm, optimizer in FURTHER:
        act = next(text for text, module in FUNCTIONS.items() if module is function)
        yield name, sizes, norm, "transposed" if norm == "batch" else "bilinear", act, "softmax", optimizer


# Volumes of 8 slices: case, kernels and strides along them, norm, up, function, optimizer
VOLUMES = (
    ("volume-batch", {"kernel": (3, 3, 3), "stride": (2, 2)}, "batch", "transposed", "silu", "adam"),
    ("volume-instance", {"kernel": (3, 3, 3), "stride": (2, 2)}, "instance", "bilinear", "silu", "sgd"),
    ("volume-flat", {"kernel": (1, 3, 3), "stride": (1, 2)}, "batch", "transposed", "mish", None),
    ("volume-none", {"kernel": (3, 3, 1), "stride": (2, 1)}, "none", "bilinear", "elu", None),
    ("volume-excite", {"kernel": (3, 3, 3), "stride": (2, 2)}, "instance", "transposed", META_ACON_C, None),
)


def is_kinked(act):
    return act in KINKED or hasattr(FUNCTIONS.get(act), "gap")


def initialise(net, norm, act, generator):
    """Weights of a sensible scale; nothing zero or one, so that a swapped tensor shows."""
    def uniform(shape):
        return torch.rand(shape, generator=generator) * 2 - 1
    with torch.no_grad():
        for name, p in net.named_tensors():
            if p.dim() >= 4 or ".excite.fc" in name and name.endswith("weight"):
                fan_in = p.shape[0] if ".up." in name else p[0].numel()
                # without a norm, what grows from layer to layer ends in logits beyond what the loss tells apart
                grows = norm == "none" and act in FUNCTIONS
                p.copy_(uniform(p.shape) * math.sqrt((2 if grows else 6) / fan_in))
            elif ".act." in name and ".excite." not in name:
                p.copy_((1.2 if name.endswith("p1") else 0.25) + 0.1 * uniform(p.shape))
            elif ".norm." in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * uniform(p.shape))
            else:
                p.copy_(0.1 * uniform(p.shape))
        for name, b in net.named_running():
            b.copy_(0.2 * uniform(b.shape) if name.endswith("mean") else 1 + 0.3 * uniform(b.shape))


def flat(tensors):
    tensors = [t.detach().reshape(-1) for t in tensors]
    return torch.cat(tensors) if tensors else torch.zeros(0)


def nearest_kink(net, image):
    """Smallest distance of a gate to its kink, and of a pooling window's two largest values to each other."""
    least = [math.inf]

    def gate(act, inputs, __):
        least[0] = min(least[0], act.gap(*inputs).abs().min().item())

    def window(_, __, output):
        n, c, h, w = output.shape
        top = output.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 2, 4, 3, 5).reshape(-1, 4).topk(2).values
        gaps = (top[:, 0] - top[:, 1])[top[:, 0] > 0]
        least[0] = min(least[0], gaps.min().item())
    hooks = [m.act.register_forward_hook(gate) for m in net.modules() if hasattr(m, "act")]
    hooks += [block.register_forward_hook(window) for block in net.encoder]
    state = [b.clone() for b in net.buffers()]
    net.train()
    net(image)
    for b, s in zip(net.buffers(), state):
        b.copy_(s)
    for hook in hooks:
        hook.remove()
    return least[0]


def well_conditioned(net, image, labels, head, optimizer):
    """Whether ten steps hardly depend on rounding: Adam divides by the gradient's size, so that a gradient of nearly 0
    becomes a step of full length in a direction that rounding chose, in PyTorch too."""
    exact = train(copy.deepcopy(net).double(), image.double(), labels, head, optimizer)
    # One rounding may be lucky: images that differ by a few units in the last place are others.
    generator = torch.Generator().manual_seed(0)
    images = [image] + [image * (1 + 1e-6 * torch.rand(image.shape, generator=generator)) for _ in range(4)]
    return all((train(copy.deepcopy(net), each, labels, head, optimizer) - exact).norm() < CONDITION * exact.norm()
               for each in images)


def make_problem(sizes, norm, up, act, head, optimizer, slices, options):
    """Net, image and labels: the first seed that keeps clear of a kink, and whose training is well conditioned."""
    inputs, classes, depth, width, cap, n, h, w = sizes
    for seed in range(2000):
        generator = torch.Generator().manual_seed(seed)
        net = (AxesUNet(inputs, classes, depth, width, cap, norm, up, act, options) if options is not None else
               UNet(inputs, classes, depth, width, cap, norm, up, act, slices))
        pixels = (slices["d"], h, w) if slices else (h, w)
        initialise(net, norm, act, generator)
        image = torch.randn((n, inputs, *pixels), generator=generator)
        labels = torch.randint(0, classes, (n, *pixels), generator=generator)
        labels[torch.rand((n, *pixels), generator=generator) < 0.1] = 255
        if is_kinked(act) and nearest_kink(net, image) <= MARGIN:
            continue
        if optimizer and not well_conditioned(net, image, labels, head, optimizer):
            continue
        return net, image, labels
    raise SystemExit(f"no seed serves for {act}; use a smaller case")


OPTIMIZERS = {
    "adam": lambda groups: torch.optim.Adam(groups, lr=2e-3),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=2e-3),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=5e-4, momentum=0.5),
    "sgd": lambda groups: torch.optim.SGD(groups, lr=2e-2, momentum=0.9, nesterov=True),
}
DECAY = 0.01


def train(net, image, labels, head, optimizer):
    """Weights after STEPS steps; decay on convolution weights only."""
    decays = [p for _, p in net.named_tensors() if p.dim() >= 4]
    others = [p for _, p in net.named_tensors() if p.dim() < 4]
    stepper = OPTIMIZERS[optimizer]([{"params": decays, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}])
    for _ in range(STEPS):
        stepper.zero_grad()
        loss_of(net(image), labels, head).backward()
        stepper.step()
    return flat(p for _, p in net.named_tensors())


def run_case(sizes, norm, up, act, head, optimizer, slices=None, options=None, frozen=()):
    inputs, classes, depth, width, cap, n, h, w = sizes
    net, image, labels = make_problem(sizes, norm, up, act, head, optimizer, slices, options)
    tensors = {
        "image": image,
        "labels": labels.to(torch.uint8),
        "weights": flat(p for _, p in net.named_tensors()),
        "state": flat(b for _, b in net.named_running()),
    }
    net.eval()
    with torch.no_grad():
        tensors["logits"] = net(image)
    if head != "softmax":
        tensors["probabilities"] = HEADS[head](tensors["logits"])
    loss = None
    if FUNCTIONS.get(act) is not Rrelu:  # PyTorch's random numbers are not ours
        net.train()
        if frozen:
            net.freeze(frozen)
        logits = net(image)
        loss = loss_of(logits, middle(labels[:, None], logits.shape[2:])[:, 0] if options else labels, head)
        loss.backward()
        tensors["gradients"] = flat(p.grad for _, p in net.named_tensors())
        tensors["state_after"] = flat(b for _, b in net.named_running())
    about = dict(inputs=inputs, classes=classes, depth=depth, width=width, cap=cap, norm=norm, up=up, act=act, n=n, h=h, w=w,
                 margin=(h - tensors["logits"].shape[-2]) // 2, loss=loss and loss.item(), torch=torch.__version__, names=[name for name, _ in net.named_tensors()])
    if head != "softmax":
        about["head"] = head
    if options is not None:
        about["options"] = options
    if slices:
        about.update(d=slices["d"], slice_kernel=slices["kernel"], slice_stride=slices["stride"])
    if frozen:
        about["freeze"] = ",".join(frozen)
    if optimizer:
        tensors["trained"] = train(net, image, labels, head, optimizer)
        group = OPTIMIZERS[optimizer]([torch.zeros(1)]).param_groups[0]
        about.update(optimizer=optimizer, steps=STEPS, learning_rate=group["lr"], momentum=group.get("momentum", 0),
                     weight_decay=DECAY)
    return tensors, about


def write_safetensors(path, tensors, about):
    header, data = {"__metadata__": {"case": json.dumps(about)}}, b""
    for name, t in sorted(tensors.items(), key=lambda item: item[1].dtype == torch.uint8):  # widest type first
        raw = t.contiguous().numpy().tobytes()
        kind = "U8" if t.dtype == torch.uint8 else "F32"
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def run_axes(folder):
    for name, norm, up, act, options, *frozen in AXES + FROZEN:
        sizes = (2, 3, 2, 3, int(options.get("width-cap", 64)), 2, *SIDES.get(name, (8, 12)))
        tensors, about = run_case(sizes, norm, up, act, "softmax", None, options=options, frozen=frozen[0] if frozen else ())
        write_safetensors(os.path.join(folder, name + ".golden"), tensors, about)
        print(f"{name}: {tensors['weights'].numel()} weights, loss {about['loss']:.6f}")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    torch.manual_seed(0)
    torch.set_num_threads(2)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, sizes, norm, up, act, head, optimizer in cases("--live" in sys.argv):
        if is_kinked(act):  # a small case: the more gates, the surer one of them sits on its kink
            sizes = (1, 3, 2, 3, 64, 1, 16, 12)
        tensors, about = run_case(sizes, norm, up, act, head, optimizer)
        write_safetensors(os.path.join(sys.argv[1], name + ".golden"), tensors, about)
        print(f"{name}: {tensors['weights'].numel()} weights, loss {about['loss'] or math.nan:.6f}")
    for name, slices, norm, up, act, optimizer in VOLUMES:
        sizes = (2, 3, 2, 5, 64, 2, 16, 24) if "--live" in sys.argv else (1, 3, 2, 3, 64, 2, 8, 12)
        tensors, about = run_case(sizes, norm, up, act, "softmax", optimizer, {**slices, "d": 8})
        write_safetensors(os.path.join(sys.argv[1], name + ".golden"), tensors, about)
        print(f"{name}: {tensors['weights'].numel()} weights, loss {about['loss']:.6f}")
    run_axes(sys.argv[1])


if __name__ == "__main__":
    main()
