"""Two published U-Nets in PyTorch, written from their descriptions: milesial's UNet and nnU-Net's PlainConvUNet.

What is registered, under which name and in which order is theirs, so that state dictionaries agree key for key.
"""
import torch
import torch.nn.functional as F
from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs, middle, bias):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, middle, 3, padding=1, bias=bias), nn.BatchNorm2d(middle), nn.ReLU(inplace=True),
            nn.Conv2d(middle, outputs, 3, padding=1, bias=bias), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, outputs, bias):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, outputs, outputs, bias))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs, outputs, bilinear, bias):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(inputs, outputs, inputs // 2, bias)
        else:
            self.up = nn.ConvTranspose2d(inputs, inputs // 2, 2, stride=2)
            self.conv = DoubleConv(inputs, outputs, outputs, bias)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], 1))


class OutConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(x)


class Milesial(nn.Module):
    def __init__(self, channels, classes, bilinear=False, width=64, bias=False):
        super().__init__()
        part = 2 if bilinear else 1
        self.inc = DoubleConv(channels, width, width, bias)
        for i in range(1, 5):
            setattr(self, f"down{i}", Down(width << (i - 1), (width << i) // (part if i == 4 else 1), bias))
        for i in range(1, 5):
            coarse = width << (5 - i)
            setattr(self, f"up{i}", Up(coarse, coarse // 2 // (part if i < 4 else 1), bilinear, bias))
        self.outc = OutConv(width, classes)

    def forward(self, x):
        skips = [self.inc(x)]
        for i in range(1, 5):
            skips.append(getattr(self, f"down{i}")(skips[-1]))
        x = skips.pop()
        for i in range(1, 5):
            x = getattr(self, f"up{i}")(x, skips.pop())
        return self.outc(x)


def of_dims(name, dims):
    return getattr(nn, f"{name}{dims}d")


class Unit(nn.Module):
    """Convolution, norm and activation, each registered twice: by its name and in all_modules."""
    def __init__(self, dims, inputs, outputs, stride, norm, slices=3):
        super().__init__()
        kernel = (slices, 3, 3)[3 - dims:]
        self.conv = of_dims("Conv", dims)(inputs, outputs, kernel, stride, [k // 2 for k in kernel], bias=True)
        self.norm = of_dims("InstanceNorm" if norm == "instance" else "BatchNorm", dims)(outputs, eps=1e-5, affine=True)
        self.nonlin = nn.LeakyReLU(inplace=True)
        self.all_modules = nn.Sequential(self.conv, self.norm, self.nonlin)

    def forward(self, x):
        return self.all_modules(x)


class Stacked(nn.Module):
    def __init__(self, dims, inputs, outputs, stride, norm, slices):
        super().__init__()
        self.convs = nn.Sequential(Unit(dims, inputs, outputs, stride, norm, slices),
                                   Unit(dims, outputs, outputs, 1, norm, slices))

    def forward(self, x):
        return self.convs(x)


class Encoder(nn.Module):
    def __init__(self, dims, channels, features, norm, kernels, strides):
        super().__init__()
        before = [channels] + features[:-1]
        strides = [1] + strides
        self.stages = nn.Sequential(*(nn.Sequential(Stacked(dims, before[s], width, strides[s], norm, kernels[s]))
                                      for s, width in enumerate(features)))

    def forward(self, x):
        skips = []
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        return skips


class Decoder(nn.Module):
    def __init__(self, dims, encoder, classes, features, norm, kernels, strides):
        super().__init__()
        self.encoder = encoder
        self.stages, self.transpconvs, self.seg_layers = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for below, width, slices, stride in zip(features[:0:-1], features[-2::-1], kernels[-2::-1], strides[::-1]):
            self.transpconvs.append(of_dims("ConvTranspose", dims)(below, width, stride, stride, bias=True))
            self.stages.append(Stacked(dims, 2 * width, width, 1, norm, slices))
            self.seg_layers.append(of_dims("Conv", dims)(width, classes, 1, bias=True))

    def forward(self, skips):
        """Logits of every stage, the finest first."""
        x, logits = skips[-1], []
        for skip, up, stage, head in zip(skips[-2::-1], self.transpconvs, self.stages, self.seg_layers):
            x = stage(torch.cat([up(x), skip], 1))
            logits.append(head(x))
        return logits[::-1]


class PlainConvUNet(nn.Module):
    """In volumes `kernels` and `strides` are those along the slices, one per stage and one between every two."""
    def __init__(self, dims, channels, classes, features, norm="instance", kernels=None, strides=None):
        super().__init__()
        kernels = kernels or [3] * len(features)
        strides = [(s, 2, 2)[3 - dims:] for s in strides or [2] * (len(features) - 1)]
        self.encoder = Encoder(dims, channels, features, norm, kernels, strides)
        self.decoder = Decoder(dims, self.encoder, classes, features, norm, kernels, strides)

    def all_logits(self, x):
        return self.decoder(self.encoder(x))

    def forward(self, x):
        return self.all_logits(x)[0]


def randomise(net, seed):
    """Weights and statistics of a sensible scale, none 0 or 1, so that a swapped tensor shows."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(t):
        return torch.rand(t.shape, generator=generator) * 2 - 1
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.dim() > 1:
                p.copy_(uniform(p) * (6 / p[0].numel()) ** 0.5)
            elif name.endswith("weight"):
                p.copy_(1 + 0.2 * uniform(p))
            else:
                p.copy_(0.1 * uniform(p))
        for name, b in net.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(0.2 * uniform(b))
            elif name.endswith("running_var"):
                b.copy_(1 + 0.3 * uniform(b))


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def deep_loss(net, image, labels, loss_of):
    """nnU-Net's deep supervision: weights 1/2^i with none for the coarsest, in all 1; labels by nearest-exact."""
    logits = net.all_logits(image)
    weights = [0.5 ** i for i in range(len(logits))]
    weights[-1] = 0
    total = 0
    for weight, each in zip(weights, logits):
        coarse = F.interpolate(labels[:, None].float(), each.shape[2:], mode="nearest-exact")[:, 0].long()
        total = total + weight / sum(weights) * loss_of(each, coarse)
    return total
