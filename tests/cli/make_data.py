#!/usr/bin/env python3
"""Make a tiny data set: bright disks on noise, as PNG. make_data.py FOLDER [COUNT [SIZE]]"""
import os
import random
import struct
import sys
import zlib


def write_png(path, rows):
    """Write rows of bytes as an 8-bit grey PNG."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def make_pair(chance, size):
    """One image with a disk in it, and its mask."""
    x, y = (chance.uniform(0.3, 0.7) * size for _ in range(2))
    radius = chance.uniform(0.15, 0.3) * size
    mask = [[int((i - x) ** 2 + (j - y) ** 2 < radius**2) for i in range(size)] for j in range(size)]
    image = [[int(60 + 80 * inside + chance.uniform(0, 60)) for inside in row] for row in mask]
    return image, mask


def main(folder, count=8, size=32):
    chance = random.Random(1)
    for kind in ("images", "masks"):
        os.makedirs(os.path.join(folder, kind), exist_ok=True)
    for index in range(int(count)):
        for kind, rows in zip(("images", "masks"), make_pair(chance, int(size))):
            write_png(os.path.join(folder, kind, f"case{index:02d}.png"), rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
