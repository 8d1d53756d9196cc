#!/usr/bin/python3
"""Write cases of losses that tests/net/test_loss.c checks: logits, labels, and PyTorch's value and gradient of mixes.

usage: make_losses.py FOLDER

Written with PyTorch's own losses where there are any, else from the papers. Needs PyTorch (Debian: python3-torch).
"""
import os
import sys

import torch
import torch.nn.functional as F

from make_golden import write_safetensors

IGNORE, N, K, H, W = 255, 2, 4, 21, 17


def targets(labels):
    """One-hot (N, K, H, W), and which pixels count (N, 1, H, W)."""
    counts = labels != IGNORE
    return F.one_hot(torch.where(counts, labels, 0), K).permute(0, 3, 1, 2) * counts[:, None], counts[:, None]


def probabilities(z, head):
    return z.softmax(1) if head == "softmax" else z.sigmoid()


def ce(z, labels, head):
    if head == "softmax":
        return F.cross_entropy(z, labels, ignore_index=IGNORE)
    g, counts = targets(labels)
    return F.binary_cross_entropy_with_logits(z, g.to(z), reduction="none")[counts.expand_as(z)].mean()


def focal(z, labels, head, gamma=2.0):
    if head == "softmax":
        loss = F.cross_entropy(z, labels, ignore_index=IGNORE, reduction="none")[labels != IGNORE]
    else:
        g, counts = targets(labels)
        loss = F.binary_cross_entropy_with_logits(z, g.to(z), reduction="none")[counts.expand_as(z)]
    return ((1 - torch.exp(-loss)) ** gamma * loss).mean()


def sums(z, labels, head):
    """True positives, false positives, false negatives of each class."""
    p, (g, counts) = probabilities(z, head), targets(labels)
    axes = (0, 2, 3)
    return (p * g).sum(axes), (p * (1 - g) * counts).sum(axes), ((1 - p) * g).sum(axes)


def dice(z, labels, head, first=1, smooth=1e-5):
    tp, fp, fn = (s[first:] for s in sums(z, labels, head))
    return 1 - ((2 * tp + smooth) / (2 * tp + fp + fn + smooth)).mean()


def generalised_dice(z, labels, head):
    tp, fp, fn = sums(z, labels, head)
    weights = 1 / (tp + fn).detach() ** 2
    return 1 - (2 * (weights * tp).sum() + 1e-5) / ((weights * (2 * tp + fp + fn)).sum() + 1e-5)


def tversky(z, labels, head, alpha=0.3, beta=0.7, power=1.0):
    tp, fp, fn = (s[1:] for s in sums(z, labels, head))
    return ((1 - (tp + 1e-5) / (tp + alpha * fp + beta * fn + 1e-5)) ** power).mean()


def lovasz(z, labels, head):
    """Berman et al., algorithm 1, over the batch, of the classes that are present."""
    p, (g, counts) = probabilities(z, head), targets(labels)
    losses = []
    for k in range(K):
        truth = g[:, k][counts[:, 0]].to(z)
        if truth.sum() == 0:
            continue
        errors, order = (truth - p[:, k][counts[:, 0]]).abs().sort(descending=True, stable=True)
        truth = truth[order]
        jaccard = 1 - (truth.sum() - truth.cumsum(0)) / (truth.sum() + (1 - truth).cumsum(0))
        losses.append((errors * torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])).sum())
    return torch.stack(losses).mean()


MIXES = {
    "ce": ce,
    "dice": dice,
    "dice(background=1)": lambda *a: dice(*a, first=0),
    "generalised_dice": generalised_dice,
    "focal": focal,
    "focal(gamma=0.5)": lambda *a: focal(*a, gamma=0.5),
    "tversky": tversky,
    "focal_tversky": lambda *a: tversky(*a, power=0.75),
    "lovasz": lovasz,
    "ce + 0.5*dice + 2*focal + 0.25*lovasz": lambda *a: ce(*a) + 0.5 * dice(*a) + 2 * focal(*a) + 0.25 * lovasz(*a),
}


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    torch.manual_seed(1)
    for i, (text, loss_of) in enumerate(MIXES.items()):
        for head in ("softmax", "sigmoid"):
            z = 3 * torch.randn(N, K, H, W)
            labels = torch.randint(K, (N, H, W))
            labels[torch.rand(N, H, W) < 0.1] = IGNORE
            exact = z.double().requires_grad_()
            loss = loss_of(exact, labels, head)
            loss.backward()
            tensors = {"logits": z, "gradient": exact.grad.float(), "labels": labels.to(torch.uint8)}
            write_safetensors(os.path.join(sys.argv[1], f"{i}-{head}.golden"), tensors,
                              {"head": head, "text": text, "loss": loss.item()})


if __name__ == "__main__":
    main()
