"""The axes of ogive's U-Net in PyTorch, written from include/ogive/net.h: options by the names of the command line.

Names and order of the parameters are ogive's.
"""
import torch
import torch.nn.functional as F
from torch import nn

USUAL = {"convs": "2", "kernel": "3", "dilation": "1", "dilation-bottleneck": "0", "groups": "8", "order": "norm-act",
         "residual": "false", "down": "max", "skip": "concatenate", "padding": "same"}
ACTS = {"silu": nn.SiLU, "tanh": nn.Tanh, "mish": nn.Mish}


def middle(x, size):
    """Of height and width `size`."""
    top, left = (x.shape[2] - size[0]) // 2, (x.shape[3] - size[1]) // 2
    return x[:, :, top:top + size[0], left:left + size[1]]


class AxesUNet(nn.Module):
    def __init__(self, inputs, classes, depth, width, cap, norm, up, act, options):
        super().__init__()
        self.set = {**USUAL, **options}
        self.depth, self.norm, self.up = depth, norm, up
        self.act = ACTS[act]()
        self.valid = self.set["padding"] == "valid"
        self.modules_by_name = nn.ModuleDict()  # in order; dots are not allowed in their keys
        channels = [min(width << s, cap) for s in range(depth + 1)]
        for s in range(depth):
            self.block(f"encoder.{s}", inputs if s == 0 else channels[s - 1], channels[s])
        self.block("bottleneck", channels[depth - 1], channels[depth])
        for s in reversed(range(depth)):
            self.stage(f"decoder.{s}", channels[s + 1], channels[s])
        self.add("head", nn.Conv2d(channels[0], classes, 1))

    def add(self, name, module):
        self.modules_by_name[name.replace(".", "/")] = module

    def get(self, name):
        return self.modules_by_name[name.replace(".", "/")]

    def freeze(self, parts):
        """Let the batch norms of these parts be in evaluation mode."""
        for key, module in self.modules_by_name.items():
            if key.replace("/", ".").startswith(tuple(f"{part}." for part in parts)):
                module.eval()

    def add_norm(self, name, channels):
        groups = 1 if channels == 1 else int(self.set["groups"])
        made = {"batch": lambda: nn.BatchNorm2d(channels), "instance": lambda: nn.InstanceNorm2d(channels, affine=True),
                "group": lambda: nn.GroupNorm(groups, channels), "layer": lambda: nn.GroupNorm(1, channels),
                "none": nn.Identity}[self.norm]()
        self.add(name, made)

    def block(self, prefix, inputs, channels):
        norm_first = self.norm != "none" and self.set["order"] == "norm-act"
        kernel, dilation = int(self.set["kernel"]), int(self.set["dilation"])
        if prefix == "bottleneck" and self.set["dilation-bottleneck"] != "0":
            dilation = int(self.set["dilation-bottleneck"])
        convs = int(self.set["convs"])
        for unit in range(convs):
            self.add(f"{prefix}.conv.{unit}",
                     nn.Conv2d(inputs if unit == 0 else channels, channels, kernel, dilation=dilation, bias=not norm_first,
                               padding=0 if self.valid else dilation * (kernel // 2)))
            if norm_first:
                self.add_norm(f"{prefix}.norm.{unit}", channels)
            if self.set["residual"] == "true" and unit == convs - 1 and (inputs != channels or prefix == "encoder.0"):
                self.add(f"{prefix}.shortcut.conv", nn.Conv2d(inputs, channels, 1, bias=not norm_first))
                if norm_first:
                    self.add_norm(f"{prefix}.shortcut.norm", channels)
            if not norm_first:
                self.add_norm(f"{prefix}.norm.{unit}", channels)

    def run_block(self, prefix, x):
        norm_first = self.norm != "none" and self.set["order"] == "norm-act"
        first, convs = x, int(self.set["convs"])
        for unit in range(convs):
            x = self.get(f"{prefix}.conv.{unit}")(x)
            if norm_first:
                x = self.get(f"{prefix}.norm.{unit}")(x)
            if self.set["residual"] == "true" and unit == convs - 1:
                way = f"{prefix}/shortcut/conv".replace(".", "/")
                other = self.get(f"{prefix}.shortcut.conv")(first) if way in self.modules_by_name else first
                other = middle(other, x.shape[2:])
                x = x + (self.get(f"{prefix}.shortcut.norm")(other) if norm_first and way in self.modules_by_name else other)
            x = self.act(x)
            if not norm_first:
                x = self.get(f"{prefix}.norm.{unit}")(x)
        return x

    def stage(self, prefix, coarse, channels):
        made = channels
        if self.up == "transposed":
            self.add(f"{prefix}.up", nn.ConvTranspose2d(coarse, channels, 2, stride=2))
        elif self.up == "pixel-shuffle":
            self.add(f"{prefix}.up", nn.Conv2d(coarse, 4 * channels, 3, padding=0 if self.valid else 1))
        elif self.set["skip"] == "add" and coarse != channels:
            self.add(f"{prefix}.up", nn.Conv2d(coarse, channels, 1))
        else:
            made = coarse
        if self.set["skip"] == "attention":
            inner = (channels + 1) // 2
            for part, into, out in (("skip", channels, inner), ("up", made, inner), ("map", inner, 1)):
                self.add(f"{prefix}.attention.{part}.conv", nn.Conv2d(into, out, 1, bias=self.norm == "none"))
                self.add_norm(f"{prefix}.attention.{part}.norm", out)
        self.block(prefix, channels if self.set["skip"] == "add" else channels + made, channels)

    def run_stage(self, prefix, x, skip):
        own = f"{prefix}/up".replace(".", "/") in self.modules_by_name
        if self.up == "transposed":
            x = self.get(f"{prefix}.up")(x)
        elif self.up == "pixel-shuffle":
            x = F.pixel_shuffle(self.get(f"{prefix}.up")(x), 2)
        else:  # enlarged first: a 1 x 1 convolution and an enlargement commute
            x = F.interpolate(x, scale_factor=2, mode=self.up, **({"align_corners": False} if self.up == "bilinear" else {}))
            x = self.get(f"{prefix}.up")(x) if own else x
            if self.valid and self.up == "bilinear":  # its outermost pixels are made of values beyond the border
                x = x[:, :, 1:-1, 1:-1]
        skip = middle(skip, x.shape[2:])
        if self.set["skip"] == "attention":
            def side(part, value):
                name = f"{prefix}.attention.{part}"
                return self.get(f"{name}.norm")(self.get(f"{name}.conv")(value))
            skip = skip * torch.sigmoid(side("map", F.relu(side("skip", skip) + side("up", x))))
        x = x + skip if self.set["skip"] == "add" else torch.cat([skip, x], 1)
        return self.run_block(prefix, x)

    def forward(self, x):
        skips = []
        for s in range(self.depth):
            x = self.run_block(f"encoder.{s}", x)
            skips.append(x)
            x = F.avg_pool2d(x, 2) if self.set["down"] == "average" else F.max_pool2d(x, 2)
        x = self.run_block("bottleneck", x)
        for s in reversed(range(self.depth)):
            x = self.run_stage(f"decoder.{s}", x, skips[s])
        return self.get("head")(x)

    def named_tensors(self):
        for key, module in self.modules_by_name.items():
            for name, p in module.named_parameters():
                yield f"{key.replace('/', '.')}.{name}", p

    def named_running(self):
        for key, module in self.modules_by_name.items():
            for name, b in module.named_buffers():
                if name != "num_batches_tracked":
                    yield f"{key.replace('/', '.')}.{name}", b
