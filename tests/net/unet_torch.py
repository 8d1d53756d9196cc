"""ogive's U-Net in PyTorch, written from include/ogive/net.h, and the passes that the parity tests compare.

Parameter names and order are ogive's, so that weights travel as one flat vector.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

IGNORE = 255

ACTS = {
    "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "silu": nn.SiLU, "mish": nn.Mish, "elu": nn.ELU, "gelu": nn.GELU,
    "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
}


class NormAct(nn.Module):
    def __init__(self, channels, norm, act):
        super().__init__()
        if norm == "batch":
            self.norm = nn.BatchNorm2d(channels)
        elif norm == "instance":
            self.norm = nn.InstanceNorm2d(channels, affine=True)
        else:
            self.norm = nn.Identity()
        self.act = nn.PReLU(channels, init=0.25) if act == "prelu" else ACTS[act]()

    def forward(self, x):
        return self.act(self.norm(x))


class Block(nn.Module):
    def __init__(self, inputs, channels, norm, act):
        super().__init__()
        bias = norm == "none"
        self.conv = nn.ModuleList([nn.Conv2d(inputs, channels, 3, padding=1, bias=bias),
                                   nn.Conv2d(channels, channels, 3, padding=1, bias=bias)])
        self.unit = nn.ModuleList([NormAct(channels, norm, act), NormAct(channels, norm, act)])

    def forward(self, x):
        for conv, unit in zip(self.conv, self.unit):
            x = unit(conv(x))
        return x

    def named(self, prefix):
        """(ogive's name, parameter) in ogive's order."""
        for i in (0, 1):
            for name, p in self.conv[i].named_parameters():
                yield f"{prefix}.conv.{i}.{name}", p
            for name, p in self.unit[i].norm.named_parameters():
                yield f"{prefix}.norm.{i}.{name}", p
            for _, p in self.unit[i].act.named_parameters():
                yield f"{prefix}.act.{i}.a", p

    def named_state(self, prefix):
        for i in (0, 1):
            for name, b in self.unit[i].norm.named_buffers():
                if name != "num_batches_tracked":
                    yield f"{prefix}.norm.{i}.{name}", b


class UNet(nn.Module):
    def __init__(self, inputs, classes, depth, width, cap, norm, up, act):
        super().__init__()
        channels = [min(width << s, cap) for s in range(depth + 1)]
        self.depth, self.up_kind = depth, up
        self.encoder = nn.ModuleList(Block(inputs if s == 0 else channels[s - 1], channels[s], norm, act)
                                     for s in range(depth))
        self.bottleneck = Block(channels[depth - 1], channels[depth], norm, act)
        self.up, self.decoder = nn.ModuleDict(), nn.ModuleDict()
        for s in reversed(range(depth)):
            if up == "transposed":
                self.up[str(s)] = nn.ConvTranspose2d(channels[s + 1], channels[s], 2, stride=2)
            enlarged = channels[s] if up == "transposed" else channels[s + 1]
            self.decoder[str(s)] = Block(channels[s] + enlarged, channels[s], norm, act)
        self.head = nn.Conv2d(channels[0], classes, 1)

    def forward(self, x):
        skips = []
        for block in self.encoder:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottleneck(x)
        for s in reversed(range(self.depth)):
            if self.up_kind == "transposed":
                x = self.up[str(s)](x)
            else:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.decoder[str(s)](torch.cat([skips[s], x], 1))
        return self.head(x)

    def named_tensors(self):
        for s, block in enumerate(self.encoder):
            yield from block.named(f"encoder.{s}")
        yield from self.bottleneck.named("bottleneck")
        for s in reversed(range(self.depth)):
            if self.up_kind == "transposed":
                for name, p in self.up[str(s)].named_parameters():
                    yield f"decoder.{s}.up.{name}", p
            yield from self.decoder[str(s)].named(f"decoder.{s}")
        for name, p in self.head.named_parameters():
            yield f"head.{name}", p

    def named_running(self):
        for s, block in enumerate(self.encoder):
            yield from block.named_state(f"encoder.{s}")
        yield from self.bottleneck.named_state("bottleneck")
        for s in reversed(range(self.depth)):
            yield from self.decoder[str(s)].named_state(f"decoder.{s}")


def sparsemax(logits):
    """Martins and Astudillo 2016, algorithm 1, over dimension 1; its derivative follows by autograd."""
    z = logits.sort(1, descending=True).values
    rank = torch.arange(1, z.shape[1] + 1).view(1, -1, 1, 1)
    sums = z.cumsum(1)
    support = (1 + rank * z > sums).sum(1, keepdim=True)
    tau = (sums.gather(1, support - 1) - 1) / support
    return (logits - tau).clamp(min=0)


HEADS = {
    "softmax": lambda logits: torch.softmax(logits, 1),
    "sigmoid": torch.sigmoid,
    "arctan": lambda logits: 0.5 + torch.atan(logits) / math.pi,
    "sparsemax": sparsemax,
}


def head_loss(head, logits, labels, truth, keep):
    """The loss that belongs to a head: the mean over labelled pixels (and classes, where each is judged by itself)."""
    labelled = keep.sum()
    if head == "softmax":
        return F.cross_entropy(logits, labels, ignore_index=IGNORE)
    if head == "sparsemax":  # equation 20 of the paper
        p = sparsemax(logits)
        tau = ((logits - p) * (p > 0)).sum(1, keepdim=True) / (p > 0).sum(1, keepdim=True)
        squares = ((logits ** 2 - tau ** 2) * (p > 0)).sum(1)
        return ((squares / 2 - (logits * truth).sum(1) + 0.5) * keep).sum() / labelled
    if head == "sigmoid":
        each = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    else:
        each = F.binary_cross_entropy(HEADS[head](logits), truth, reduction="none")
    return (each * keep.unsqueeze(1)).sum() / (labelled * logits.shape[1])


def loss_of(logits, labels, head="softmax", ce=1.0, dice=1.0, background=False, smooth=1e-5):
    """The head's loss plus soft Dice over the batch, as include/ogive/net.h and include/ogive/head.h define them."""
    keep = labels != IGNORE
    truth = F.one_hot(labels.where(keep, torch.zeros_like(labels)), logits.shape[1]).permute(0, 3, 1, 2)
    g = (truth * keep.unsqueeze(1)).to(logits.dtype)
    p = HEADS[head](logits) * keep.unsqueeze(1)
    both, total = (p * g).sum((0, 2, 3)), p.sum((0, 2, 3)) + g.sum((0, 2, 3))
    first = 0 if background else 1
    soft = 1 - ((2 * both + smooth) / (total + smooth))[first:].mean()
    return ce * head_loss(head, logits, labels, g, keep) + dice * soft
