#!/usr/bin/env python3
"""Write a small data set of volumes: make_volumes.py FOLDER [COUNT]. Bright balls in noise as NIfTI, with slices 1.5 mm apart.

Also FOLDER/slabs.yaml, which declares parts of one of them by slices."""
import gzip
import os
import random
import struct
import sys

SIZE, SPACING, UINT8, FLOAT32 = (24, 20, 16), (1, 1, 1.5), 2, 16


def write(path, code, data):
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *SIZE, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, code, {UINT8: 8, FLOAT32: 32}[code])
    struct.pack_into("<8f", header, 76, 1, *SPACING, 0, 0, 0, 0)
    struct.pack_into("<ff", header, 108, 352, 1)
    struct.pack_into("<hh", header, 252, 0, 1)
    for axis in range(3):
        row = [0.0, 0.0, 0.0, -10.0 * (axis + 1)]
        row[axis] = SPACING[axis]
        struct.pack_into("<4f", header, 280 + 16 * axis, *row)
    header[344:348] = b"n+1\0"
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(bytes(header) + b"\0" * 4 + data)


def ball(seed):
    numbers = random.Random(seed)
    centre = [numbers.uniform(0.35, 0.65) * n for n in SIZE]
    radius = numbers.uniform(4, 6)
    image, mask = [], bytearray()
    for z in range(SIZE[2]):
        for y in range(SIZE[1]):
            for x in range(SIZE[0]):
                inside = sum((a - b) ** 2 for a, b in zip((x, y, z), centre)) < radius ** 2
                image.append(inside + numbers.gauss(0, 0.4))
                mask.append(inside)
    return struct.pack(f"<{len(image)}f", *image), bytes(mask)


def main():
    folder, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for part in ("images", "masks"):
        os.makedirs(os.path.join(folder, part))
    for i in range(count):
        image, mask = ball(i)
        write(os.path.join(folder, "images", f"v{i}.nii.gz"), FLOAT32, image)
        write(os.path.join(folder, "masks", f"v{i}.nii.gz"), UINT8, mask)
    with open(os.path.join(folder, "slabs.yaml"), "w") as file:
        file.write("""name: slabs
pairs:
  - image: images/v0.nii.gz
    mask: masks/v0.nii.gz
    axis: z
    slices: 1-15
    validation: [7-10]
    leave_out: [6-6, 11-11]
classes: {background: 0, ball: 1}
""")


main()
