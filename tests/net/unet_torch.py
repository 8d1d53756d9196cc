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


class Plain(nn.Module):
    """A function of x alone, by PyTorch's own module."""
    inputs = ()

    def __init__(self, channels, act):
        super().__init__()
        self.own = nn.PReLU(channels, init=0.25) if act == "prelu" else ACTS[act]()

    def forward(self, x):
        return self.own(x)

    def gap(self, x):
        """Distance to the kink."""
        return x

    def named(self):
        for _, p in self.own.named_parameters():
            yield "a", p


class Function(nn.Module):
    """A function with further inputs or parameters, as its paper has it; (name, parameter) in ogive's order."""
    inputs, mirrored = (), False

    def __init__(self, channels):
        super().__init__()

    def named(self):
        return ()


class Glu(Function):
    inputs = ("gate",)

    def forward(self, x, gate):
        return F.glu(torch.cat([x, gate], 1), 1)


class Maxout(Function):
    inputs = ("gate",)

    def forward(self, x, gate):
        return torch.stack([x, gate]).max(0).values

    def gap(self, x, gate):
        return x - gate


class Funnel(Function):
    inputs = ("funnel",)

    def forward(self, x, funnel):
        return torch.max(x, funnel)

    def gap(self, x, funnel):
        return x - funnel


class Crelu(Function):
    mirrored = True

    def forward(self, x):
        return F.relu(x)

    def gap(self, x):
        return x


class Rrelu(Function):
    def forward(self, x):
        return F.rrelu(x, 1 / 8, 1 / 3, training=self.training)


class Excited(Function):
    """Squeeze and excitation: `count` values in (0, 1) per image and channel from the channels' means."""
    def __init__(self, channels, count, reduction, relu):
        super().__init__(channels)
        hidden = max(reduction, channels // reduction)
        self.fc1, self.fc2 = nn.Linear(channels, hidden), nn.Linear(hidden, count * channels)
        self.count, self.relu = count, relu

    def values(self, x):
        hidden = self.fc1(x.flatten(2).mean(2))
        values = torch.sigmoid(self.fc2(F.relu(hidden) if self.relu else hidden))
        return values[(...,) + (None,) * (x.dim() - 2)].chunk(self.count, 1)

    def named(self):
        for name, p in (*self.fc1.named_parameters("fc1"), *self.fc2.named_parameters("fc2")):
            yield f"excite.{name}", p


class DyReluB(Excited):
    def __init__(self, channels):
        super().__init__(channels, 4, 4, True)

    def lines(self, x):
        theta = [2 * v - 1 for v in self.values(x)]
        return (1 + theta[0]) * x + 0.5 * theta[2], theta[1] * x + 0.5 * theta[3]

    def forward(self, x):
        return torch.max(*self.lines(x))

    def gap(self, x):
        first, second = self.lines(x)
        return torch.cat([(first - second).flatten(), self.fc1(x.mean((2, 3))).flatten()])


class MetaAconC(Excited):
    def __init__(self, channels):
        super().__init__(channels, 1, 16, False)
        self.p1, self.p2 = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        p1, p2 = (p[(...,) + (None,) * (x.dim() - 2)] for p in (self.p1, self.p2))
        dpx = (p1 - p2) * x
        return dpx * torch.sigmoid(self.values(x)[0] * dpx) + p2 * x

    def named(self):
        yield "p1", self.p1
        yield "p2", self.p2
        yield from super().named()


FUNCTIONS = {
    "x*sigmoid(gate)": Glu,
    "max(x, gate)": Maxout,
    "max(x, funnel)": Funnel,
    "max(mirror, 0)": Crelu,
    "where(x >= 0, x, (1/8 + (1/3 - 1/8)*noise)*x)": Rrelu,
    "max(2*a1*x + (b1 - 0.5), (2*a2 - 1)*x + (b2 - 0.5)); a1 = excite(4, relu), a2 = excite(4, relu), "
    "b1 = excite(4, relu), b2 = excite(4, relu)": DyReluB,
    "(p1 - p2)*x*sigmoid(b*(p1 - p2)*x) + p2*x; p1 = learn(normal(0, 1), channel), p2 = learn(normal(0, 1), channel), "
    "b = excite(16)": MetaAconC,
}


class Layer(nn.Module):
    """Convolution, norm and activation, with the further convolutions that the activation's inputs are."""
    def __init__(self, inputs, channels, norm, act, kernel):
        super().__init__()
        volume = len(kernel) == 3
        convolution = nn.Conv3d if volume else nn.Conv2d
        batch, instance = (nn.BatchNorm3d, nn.InstanceNorm3d) if volume else (nn.BatchNorm2d, nn.InstanceNorm2d)
        self.act = FUNCTIONS[act](channels) if act in FUNCTIONS else Plain(channels, act)
        self.mirrored = getattr(self.act, "mirrored", False)
        self.channels = channels
        self.parts = ("",) + tuple(f".{name}" for name in self.act.inputs)
        self.conv, self.norm = nn.ModuleList(), nn.ModuleList()
        for part in self.parts:
            funnel = part == ".funnel"
            width = (channels + 1) // 2 if self.mirrored else channels
            self.conv.append(convolution(channels if funnel else inputs, width, kernel, padding=[k // 2 for k in kernel],
                                         bias=norm == "none", groups=channels if funnel else 1))
            self.norm.append({"batch": lambda: batch(width), "none": nn.Identity,
                              "instance": lambda: instance(width, affine=True)}[norm]())

    def forward(self, x):
        z = []
        for part, conv, norm in zip(self.parts, self.conv, self.norm):
            z.append(norm(conv(z[0] if part == ".funnel" else x)))
        if self.mirrored:
            z[0] = torch.cat([z[0], -z[0]], 1)[:, :self.channels]
        return self.act(*z)

    def named(self, prefix, unit):
        for part, conv, norm in zip(self.parts, self.conv, self.norm):
            for name, p in conv.named_parameters():
                yield f"{prefix}.conv.{unit}{part}.{name}", p
            for name, p in norm.named_parameters():
                yield f"{prefix}.norm.{unit}{part}.{name}", p
        for name, p in self.act.named():
            yield f"{prefix}.act.{unit}.{name}", p

    def named_state(self, prefix, unit):
        for part, norm in zip(self.parts, self.norm):
            for name, b in norm.named_buffers():
                if name != "num_batches_tracked":
                    yield f"{prefix}.norm.{unit}{part}.{name}", b


class Block(nn.Module):
    def __init__(self, inputs, channels, norm, act, kernel):
        super().__init__()
        self.layer = nn.ModuleList([Layer(inputs, channels, norm, act, kernel),
                                    Layer(channels, channels, norm, act, kernel)])

    def forward(self, x):
        for layer in self.layer:
            x = layer(x)
        return x

    def named(self, prefix):
        """(ogive's name, parameter) in ogive's order."""
        for i, layer in enumerate(self.layer):
            yield from layer.named(prefix, i)

    def named_state(self, prefix):
        for i, layer in enumerate(self.layer):
            yield from layer.named_state(prefix, i)


class UNet(nn.Module):
    """`slices`: of volumes, the kernels and strides along the slices, stage by stage; None for images."""
    def __init__(self, inputs, classes, depth, width, cap, norm, up, act, slices=None):
        super().__init__()
        kernels = [(slices["kernel"][s], 3, 3) if slices else (3, 3) for s in range(depth + 1)]
        self.strides = [(slices["stride"][s], 2, 2) if slices else (2, 2) for s in range(depth)]
        self.volume = slices is not None
        channels = [min(width << s, cap) for s in range(depth + 1)]
        self.depth, self.up_kind = depth, up
        self.encoder = nn.ModuleList(Block(inputs if s == 0 else channels[s - 1], channels[s], norm, act, kernels[s])
                                     for s in range(depth))
        self.bottleneck = Block(channels[depth - 1], channels[depth], norm, act, kernels[depth])
        self.up, self.decoder = nn.ModuleDict(), nn.ModuleDict()
        for s in reversed(range(depth)):
            if up == "transposed":
                transposed = nn.ConvTranspose3d if self.volume else nn.ConvTranspose2d
                self.up[str(s)] = transposed(channels[s + 1], channels[s], self.strides[s], stride=self.strides[s])
            enlarged = channels[s] if up == "transposed" else channels[s + 1]
            self.decoder[str(s)] = Block(channels[s] + enlarged, channels[s], norm, act, kernels[s])
        self.head = (nn.Conv3d if self.volume else nn.Conv2d)(channels[0], classes, 1)

    def forward(self, x):
        skips = []
        for block, stride in zip(self.encoder, self.strides):
            x = block(x)
            skips.append(x)
            x = (F.max_pool3d if self.volume else F.max_pool2d)(x, stride)
        x = self.bottleneck(x)
        for s in reversed(range(self.depth)):
            if self.up_kind == "transposed":
                x = self.up[str(s)](x)
            else:
                x = F.interpolate(x, scale_factor=self.strides[s], mode="trilinear" if self.volume else "bilinear",
                                  align_corners=False)
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
    truth = F.one_hot(labels.where(keep, torch.zeros_like(labels)), logits.shape[1]).movedim(-1, 1)
    g = (truth * keep.unsqueeze(1)).to(logits.dtype)
    p = HEADS[head](logits) * keep.unsqueeze(1)
    over = [i for i in range(p.dim()) if i != 1]
    both, total = (p * g).sum(over), p.sum(over) + g.sum(over)
    first = 0 if background else 1
    soft = 1 - ((2 * both + smooth) / (total + smooth))[first:].mean()
    return ce * head_loss(head, logits, labels, g, keep) + dice * soft
