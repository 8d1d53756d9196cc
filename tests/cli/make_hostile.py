#!/usr/bin/python3
"""Make files that no reader should trust: make_hostile.py FOLDER

FOLDER/KIND.ENDING each; FOLDER/expected lists what `ogive` must do with a data set that has the file as an image: a line
"FILE CODE" where CODE is the exit code, or "any" where both a reading and a clear refusal are sensible.
"""
import io
import os
import struct
import sys
import zlib

try:
    import nibabel
    import numpy
    import tifffile
    from PIL import Image
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

SIDE = 24
PIXELS = numpy.random.default_rng(1).integers(0, 255, (SIDE, SIDE), dtype=numpy.uint8)
files = {}  # name: (bytes, code)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, data, depth=8, colour=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pillow(kind, **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind, **options)
    return file.getvalue()


def tiff(array, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    numpy.save(file, array)
    return file.getvalue()


def npy_header(text):
    text = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def nifti(array):
    return nibabel.Nifti1Image(array, numpy.eye(4)).to_bytes()


def patched(content, offset, values):
    return content[:offset] + values + content[offset + len(values) :]


good = {
    "png": pillow("PNG"),
    "jpg": pillow("JPEG"),
    "bmp": pillow("BMP"),
    "gif": pillow("GIF"),
    "pgm": pillow("PPM"),
    "webp": pillow("WEBP", lossless=True),
    "tif": tiff(PIXELS),
    "npy": npy(PIXELS),
    "nii": nifti(PIXELS[:, :, None]),
}

# Cut short anywhere: in the header, in the middle, at the last byte.
for ending, content in good.items():
    for share in (0.05, 0.6):
        files[f"cut{int(100 * share)}.{ending}"] = (content[: max(1, int(len(content) * share))], "any")
files["empty.png"] = (b"", 4)

# Bits turned over, at places that a fixed seed chooses.
chance = numpy.random.default_rng(2)
for ending, content in good.items():
    for number in range(2):
        damaged = bytearray(content)
        for place in chance.integers(0, min(len(content), 400), 3):
            damaged[place] ^= 1 << int(chance.integers(8))
        files[f"bits{number}.{ending}"] = (bytes(damaged), "any")

# Sizes that the file does not hold, and that no memory should be claimed for.
tiny = zlib.compress(b"\0" * 1000)
files["huge.png"] = (png(60000, 60000, tiny), 4)
files["huger.png"] = (png(2**31 - 1, 2**31 - 1, tiny), 4)
files["wide.png"] = (png(2**31 - 1, 1, tiny, 16, 6), 4)
files["huge.pgm"] = (b"P5 60000 60000 255\n" + b"\0" * 100, 4)
files["huge.bmp"] = (patched(good["bmp"], 18, struct.pack("<ii", 60000, 60000)), 4)
files["huge.jpg"] = (patched(good["jpg"], good["jpg"].index(b"\xff\xc0") + 5, struct.pack(">HH", 65500, 65500)), 4)
files["huge.npy"] = (npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (60000, 60000), }"), 4)
files["overflow.npy"] = (npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }"), 4)
files["huge.nii"] = (patched(good["nii"], 40, struct.pack("<8h", 3, 30000, 30000, 30000, 1, 1, 1, 1)), 4)
# A bomb: zeros of 50,000 x 50,000 pixels in a file of 300 kB, valid to the last byte but for what it takes to hold them.
squeezer = zlib.compressobj(9)
bomb = b"".join(squeezer.compress(b"\0" * 6251) for _ in range(50000)) + squeezer.flush()
files["bomb.png"] = (png(50000, 50000, bomb, 1), 1)

# What is no image, or not the kind that its name says.
files["text.png"] = (b"once upon a time\n" * 50, 4)
files["page.tif"] = (b"<!doctype html><title>404</title>", 4)
files["other.jpg"] = (good["png"], 0)
files["zero.png"] = (png(0, 0, tiny), 4)
files["flat.png"] = (png(SIDE, 0, tiny), 4)
files["zero.npy"] = (npy(numpy.zeros((0, 5))), 4)
files["line.npy"] = (npy(numpy.zeros(5)), 6)
files["text.npy"] = (npy(numpy.array([["a", "b"]])), 6)
files["records.npy"] = (npy(numpy.zeros((4, 4), [("x", "f4")])), 6)
files["complex.npy"] = (npy(numpy.zeros((4, 4), complex)), 6)
files["object.npy"] = (npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }") + b"cos\nsystem\n", 6)
for number, header in enumerate(["", "{", "{'descr'", "{'descr': '", "{'descr': '<f4', 'fortran_order': False, 'shape': (", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,-4)}"]):
    files[f"header{number}.npy"] = (npy_header(header), "any")
files["complex.tif"] = (tiff(PIXELS.astype(numpy.complex64)), 6)

# Values that are not numbers.
for name, value in (("nan", numpy.nan), ("inf", numpy.inf)):
    pixels = PIXELS.astype(numpy.float32)
    pixels[3, 4] = value
    files[f"{name}.tif"] = (tiff(pixels), 4)
    files[f"{name}.npy"] = (npy(pixels), 4)
    files[f"{name}.nii"] = (nifti(pixels[:, :, None]), 4)

# Pages of different sizes; a directory that points to itself.
pages = io.BytesIO()
with tifffile.TiffWriter(pages) as writer:
    writer.write(PIXELS)
    writer.write(PIXELS[:10])
files["pages.tif"] = (pages.getvalue(), 6)
looped = bytearray(good["tif"])
directory = struct.unpack("<I", looped[4:8])[0]
entries = struct.unpack("<H", looped[directory : directory + 2])[0]
looped[directory + 2 + 12 * entries : directory + 6 + 12 * entries] = struct.pack("<I", directory)
files["loop.tif"] = (bytes(looped), "any")

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
for name, (content, _) in files.items():
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)
with open(os.path.join(folder, "expected"), "w") as file:
    file.writelines(f"{name} {code}\n" for name, (_, code) in files.items())
