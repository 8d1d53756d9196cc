#!/usr/bin/python3
"""Make a data set in one of the layouts, mask kinds or formats that people have: make_sets.py FOLDER [NAME...]

Each set becomes FOLDER/NAME; all of them without names.

Every file is written by the program that its kind comes from: Pillow, tifffile, nibabel, scikit-image, GDAL. Images are
disks on noise, so that what is read can be told by the share of the classes. Exit code 77: a library is missing.
"""
import csv
import json
import os
import subprocess
import sys
import zlib

try:
    import nibabel
    import numpy
    import skimage.draw
    import skimage.io
    import skimage.transform
    import tifffile
    from PIL import Image
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

SIDE = 32
SETS = {}


def makes(function):
    """Register a set under the function's name."""
    SETS[function.__name__.replace("_", "-")] = function
    return function


def pair(seed, classes=2, side=SIDE):
    """An image u8 and its mask: disk k of `classes` - 1 side by side has class k."""
    chance = numpy.random.default_rng(seed)
    mask = numpy.zeros((side, side), numpy.uint8)
    for k in range(1, classes):
        centre = (side / 2, side * k / classes)
        mask[skimage.draw.disk(centre, side / classes / 2, shape=mask.shape)] = k
    image = (40 + 150 * mask / (classes - 1) + chance.uniform(0, 50, mask.shape)).astype(numpy.uint8)
    return image, mask


def save(path, pixels, **options):
    """Write with Pillow, which chooses the format by the ending."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def save_nifti(path, array, spacing=(1, 1, 1)):
    """Write (D, H, W) or (C, D, H, W) as NIfTI, whose first axis is x."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(array.T, numpy.diag([*spacing, 1.0])), path)


def folders(root, count=6, images="images", masks="masks", image_name="{}.png", mask_name="{}.png", change=lambda m: m, classes=2):
    """The common case: two folders."""
    for i in range(count):
        image, mask = pair(zlib.crc32(images.encode()) % 1000 + i, classes)
        save(os.path.join(root, images, image_name.format(f"case{i}")), image)
        save(os.path.join(root, masks, mask_name.format(f"case{i}")), change(mask))


def black_and_white(mask):
    return (mask > 0).astype(numpy.uint8) * 255


# --- layouts ---------------------------------------------------------------------------------------------------------


@makes
def images_masks(root):
    folders(root)


@makes
def milesial(root):
    """Carvana as milesial's README has it: photographs as JPEG, masks as GIF."""
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/imgs/car{i}_01.jpg", numpy.stack([image] * 3, -1))
        save(f"{root}/masks/car{i}_01_mask.gif", black_and_white(mask))


@makes
def images_labels(root):
    folders(root, masks="labels")


@makes
def image_label(root):
    folders(root, images="image", masks="label")


@makes
def input_output(root):
    folders(root, images="input", masks="output")


@makes
def class_folders(root):
    for i in range(6):
        image, mask = pair(i, classes=3)
        save(f"{root}/images/n{i}.png", image)
        for k, name in ((1, "nucleus"), (2, "wall")):
            save(f"{root}/masks/{name}/n{i}.png", (mask == k).astype(numpy.uint8) * 255)


@makes
def mmseg(root):
    for part, count in (("train", 4), ("val", 2), ("test", 1)):
        folders(root, count, f"img_dir/{part}", f"ann_dir/{part}")


@makes
def annotations(root):
    for part, count in (("training", 4), ("validation", 2)):
        folders(root, count, f"images/{part}", f"annotations/{part}", "{}.png", "{}_manual1.png")


@makes
def masks_by_part(root):
    for part, count in (("train", 4), ("val", 2)):
        folders(root, count, f"images/{part}", f"masks/{part}")


@makes
def labels_by_part(root):
    for part, count in (("train", 4), ("valid", 2)):
        folders(root, count, f"images/{part}", f"labels/{part}")


@makes
def parts_masks(root):
    for part, count in (("train", 4), ("validation", 2)):
        folders(root, count, f"{part}/images", f"{part}/masks")


@makes
def parts_labels(root):
    for part, count in (("train", 4), ("val", 2)):
        folders(root, count, f"{part}/images", f"{part}/labels")


@makes
def parts_label(root):
    folders(root, 6, "train/image", "train/label", change=black_and_white)
    os.makedirs(f"{root}/test")


@makes
def camvid(root):
    def void(mask):
        mask = mask.copy()
        mask[0] = 255
        return mask

    for part, count in (("train", 4), ("val", 2), ("test", 1)):
        folders(root, count, part, part + "annot", change=void, classes=3)


@makes
def camvid_colours(root):
    colours = numpy.array([(128, 128, 128), (128, 0, 0), (192, 192, 128), (0, 0, 0)], numpy.uint8)

    def paint(mask):
        mask = mask.copy()
        mask[0] = 3
        return colours[mask]

    for part, count in (("train", 4), ("val", 2)):
        folders(root, count, part, part + "_labels", "{}.png", "{}_L.png", paint, classes=3)
    with open(f"{root}/class_dict.csv", "w") as file:
        file.write("name,r,g,b\nSky,128,128,128\nBuilding,128,0,0\nPole,192,192,128\nVoid,0,0,0\n")


@makes
def carvana(root):
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/train/car{i}.jpg", image)
        save(f"{root}/train_masks/car{i}_mask.gif", black_and_white(mask))


@makes
def dsb2018(root):
    for i in range(6):
        image, mask = pair(i, classes=4)
        rgba = numpy.dstack([image, image, image, numpy.full_like(image, 255)])
        save(f"{root}/stage1_train/id{i}/images/id{i}.png", rgba)
        for k in (1, 2, 3):
            save(f"{root}/stage1_train/id{i}/masks/{k:04x}.png", (mask == k).astype(numpy.uint8) * 255)


@makes
def isbi(root):
    pairs = [pair(i) for i in range(12)]
    os.makedirs(root)
    tifffile.imwrite(f"{root}/train-volume.tif", numpy.stack([image for image, _ in pairs]))
    tifffile.imwrite(f"{root}/train-labels.tif", numpy.stack([black_and_white(mask) for _, mask in pairs]))
    tifffile.imwrite(f"{root}/test-volume.tif", numpy.stack([image for image, _ in pairs]))


@makes
def cellpose(root):
    """Cells by number, in 16 bits, as cellpose.io.save_masks() writes them."""
    for part, count in (("train", 4), ("test", 2)):
        for i in range(count):
            image, mask = pair(i, classes=5)
            os.makedirs(f"{root}/{part}", exist_ok=True)
            skimage.io.imsave(f"{root}/{part}/{i:03d}_img.png", image, check_contrast=False)
            tifffile.imwrite(f"{root}/{part}/{i:03d}_img_masks.tif", mask.astype(numpy.uint16) * 100)


@makes
def beside_mask(root):
    """A folder per patient, as in the LGG data on Kaggle."""
    for patient in range(4):
        for scan in range(3):
            image, mask = pair(10 * patient + scan)
            save(f"{root}/TCGA_{patient}/TCGA_{patient}_{scan}.tif", numpy.stack([image] * 3, -1))
            save(f"{root}/TCGA_{patient}/TCGA_{patient}_{scan}_mask.tif", black_and_white(mask))


@makes
def beside_label(root):
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/f{i}.bmp", image)
        save(f"{root}/f{i}_label.png", mask)


@makes
def beside_labels(root):
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/f{i}.png", image)
        save(f"{root}/f{i}_labels.png", mask)


@makes
def deepglobe(root):
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/{i}_sat.jpg", numpy.stack([image] * 3, -1))
        save(f"{root}/{i}_mask.png", numpy.stack([black_and_white(mask)] * 3, -1))


@makes
def nnunet(root):
    """Two channels, three labels, an ignore label, and folds as nnU-Net writes them."""
    names = []
    for i in range(5):
        image, mask = pair(i, classes=3)
        mask = mask.copy()
        mask[0] = 3
        names.append(f"BRATS_{i:03d}")
        for channel in range(2):
            save_nifti(f"{root}/imagesTr/{names[-1]}_{channel:04d}.nii.gz", numpy.stack([image // (channel + 1)] * 2), (0.5, 0.5, 3))
        save_nifti(f"{root}/labelsTr/{names[-1]}.nii.gz", numpy.stack([mask] * 2), (0.5, 0.5, 3))
    with open(f"{root}/dataset.json", "w") as file:
        labels = {"background": 0, "edema": 1, "tumour": 2, "ignore": 3}
        json.dump({"channel_names": {"0": "T1", "1": "T2"}, "labels": labels, "numTraining": 5, "file_ending": ".nii.gz"}, file)
    with open(f"{root}/splits_final.json", "w") as file:
        json.dump([{"train": [n for n in names if n != held], "val": [held]} for held in names], file)


@makes
def msd(root):
    """One file of four dimensions per case."""
    entries = []
    for i in range(4):
        image, mask = pair(i)
        save_nifti(f"{root}/imagesTr/la_{i:03d}.nii.gz", numpy.stack([numpy.stack([image] * 3)] * 2))
        save_nifti(f"{root}/labelsTr/la_{i:03d}.nii.gz", numpy.stack([mask] * 3))
        entries.append({"image": f"./imagesTr/la_{i:03d}.nii.gz", "label": f"./labelsTr/la_{i:03d}.nii.gz"})
    with open(f"{root}/dataset.json", "w") as file:
        json.dump({"name": "LeftAtrium", "labels": {"0": "background", "1": "left atrium"}, "training": entries, "test": []}, file)


def list_rows(root):
    rows = []
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/a/x{i}.png", image)
        save(f"{root}/b/y{i}.png", mask)
        rows.append({"image": f"a/x{i}.png", "mask": f"b/y{i}.png", "split": ["train", "val", "test"][i % 3], "group": f"p{i % 2}"})
    return rows


@makes
def list_csv(root):
    rows = list_rows(root)
    with open(f"{root}/list.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@makes
def list_json(root):
    rows = list_rows(root)
    with open(f"{root}/list.json", "w") as file:
        json.dump(rows, file)


@makes
def monai_json(root):
    rows = list_rows(root)
    with open(f"{root}/list.json", "w") as file:
        parts = {"training": rows[:4], "validation": rows[4:]}
        json.dump({k: [{"image": r["image"], "label": r["mask"]} for r in v] for k, v in parts.items()}, file)


# --- masks -----------------------------------------------------------------------------------------------------------


@makes
def palette(root):
    """Indices with colours, as Pascal VOC has them."""

    def paint(mask):
        mask = mask.copy()
        mask[0] = 255
        return mask

    for i in range(6):
        image, mask = pair(i, classes=3)
        save(f"{root}/images/{i}.jpg", numpy.stack([image] * 3, -1))
        indexed = Image.fromarray(paint(mask)).convert("P")
        indexed.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 756 + [224, 224, 192])
        os.makedirs(f"{root}/masks", exist_ok=True)
        indexed.save(f"{root}/masks/{i}.png")


@makes
def palette_per_file(root):
    """Colours quantised file by file: the same index is another colour in another file."""
    colours = numpy.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)], numpy.uint8)
    for i in range(6):
        image, mask = pair(i, classes=3)
        order = numpy.array([[0, 1, 2], [2, 0, 1], [1, 2, 0]][i % 3])
        indexed = Image.fromarray(order[mask].astype(numpy.uint8)).convert("P")
        table = numpy.zeros((256, 3), numpy.uint8)
        table[order] = colours
        indexed.putpalette(table.flatten().tolist())
        save(f"{root}/images/{i}.png", image)
        os.makedirs(f"{root}/masks", exist_ok=True)
        indexed.save(f"{root}/masks/{i}.gif" if i % 2 else f"{root}/masks/{i}.png")


@makes
def colours(root):
    table = numpy.array([(0, 0, 0), (255, 0, 255), (0, 255, 255)], numpy.uint8)
    folders(root, change=lambda mask: table[mask], classes=3)


@makes
def gaps(root):
    """Numbers with gaps, in 16 bits."""

    def spread(mask):
        return numpy.array([0, 7, 1000], numpy.uint16)[mask]

    for i in range(6):
        image, mask = pair(i, classes=3)
        save(f"{root}/images/{i}.png", image)
        os.makedirs(f"{root}/masks", exist_ok=True)
        skimage.io.imsave(f"{root}/masks/{i}.tif", spread(mask), check_contrast=False)


def smooth(mask, values):
    """Drawn at four times the size and made small: edges are in between."""
    large = skimage.transform.resize(values[mask].astype(float), (4 * SIDE, 4 * SIDE), order=0)
    turned = skimage.transform.rotate(large, 20, order=1, mode="edge")
    return numpy.round(skimage.transform.resize(turned, (SIDE, SIDE), anti_aliasing=True)).astype(numpy.uint8)


@makes
def smooth_edges(root):
    folders(root, 12, change=lambda mask: smooth(mask, numpy.array([0, 255])))


@makes
def smooth_colours(root):
    table = numpy.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)])
    folders(root, 12, classes=3, change=lambda m: numpy.dstack([smooth(m, table[:, c]) for c in range(3)]))


@makes
def jpeg_masks(root):
    folders(root, 12, mask_name="{}.jpg", change=black_and_white)


@makes
def objects(root):
    """Numbers of objects, another count in each image."""
    for i in range(6):
        image, mask = pair(i, classes=3)
        number = numpy.arange(mask.size, dtype=numpy.uint16).reshape(mask.shape) // (3 + i) + 1
        save(f"{root}/images/{i}.png", image)
        os.makedirs(f"{root}/masks", exist_ok=True)
        tifffile.imwrite(f"{root}/masks/{i}.tif", number * (mask > 0))


@makes
def negative(root):
    """-1 where nobody looked, as in many NIfTI files."""
    for i in range(4):
        image, mask = pair(i)
        mask = mask.astype(numpy.int16)
        mask[0] = -1
        save_nifti(f"{root}/images/{i}.nii.gz", image[None])
        save_nifti(f"{root}/masks/{i}.nii.gz", mask[None])


@makes
def ignore_label(root):
    def mark(mask):
        mask = mask.copy()
        mask[:2] = 9
        return mask

    folders(root, change=mark, classes=3)


@makes
def empty_masks(root):
    """Half of the images have no object."""
    for i in range(6):
        image, mask = pair(i)
        save(f"{root}/images/{i}.png", image)
        save(f"{root}/masks/{i}.png", mask * (i % 2) * 255)


@makes
def near_copies(root):
    """Held-out images that are copies of training images: resized, mirrored, turned and saved as JPEG; and one that is not."""
    rows, image_of = [], {}
    for i in range(8):
        _, mask = pair(i)
        blobs = numpy.random.default_rng(i).uniform(0, 255, (9, 9))
        image = skimage.transform.resize(blobs, (64, 64), order=3).clip(0, 255).astype(numpy.uint8)
        mask = numpy.array(Image.fromarray(mask).resize((64, 64), Image.NEAREST))
        name = f"p{i}.png"
        if i in (5, 6):
            source = Image.fromarray(image_of[i - 5])
            small = source.resize((48, 48)) if i == 5 else source.transpose(Image.ROTATE_90).transpose(Image.FLIP_LEFT_RIGHT)
            image, mask = numpy.array(small), mask[: small.size[1], : small.size[0]]
            name = f"p{i}.jpg"
        image_of[i] = image
        save(f"{root}/images/{name}", image)
        save(f"{root}/masks/p{i}.png", mask)
        rows.append(f"images/{name},{'train' if i < 5 else 'val'}")
    with open(f"{root}/splits.csv", "w") as file:
        file.write("\n".join(["image,split", *rows]) + "\n")


# --- formats ---------------------------------------------------------------------------------------------------------


def in_format(root, write, masks=None):
    """Six images by `write(path, image)` and masks as PNG, or by `masks`."""
    for folder in ("images", "masks"):
        os.makedirs(f"{root}/{folder}")
    for i in range(6):
        image, mask = pair(i)
        write(f"{root}/images/{i}", image)
        (masks or (lambda path, m: save(path + ".png", m)))(f"{root}/masks/{i}", mask)


def pillow_format(ending, **options):
    return lambda root: in_format(root, lambda path, image: save(path + ending, image, **options))


def tiff_format(kind, **options):
    return lambda root: in_format(root, lambda path, image: tifffile.imwrite(path + ".tif", image.astype(kind) * (256 if kind == "uint16" else 1), **options))


def gdal(path, image, *arguments):
    """Have gdal_translate write a GeoTIFF of what tifffile wrote."""
    tifffile.imwrite(path + ".part", image, photometric="minisblack", planarconfig="separate" if image.ndim > 2 else None)
    subprocess.run(["gdal_translate", "-q", *arguments, path + ".part", path + ".tif"], check=True)
    os.remove(path + ".part")


def bands(count):
    def write(path, image):
        planes = numpy.stack([image // (1 + b % 4) for b in range(count)]).squeeze()
        gdal(path, planes, "-a_srs", "EPSG:32633", "-a_ullr", "500000", "5400000", "500320", "5399680", "-co", "TILED=YES")

    return lambda root: in_format(root, write)


def nifti_slices(root):
    for i in range(4):
        image, mask = pair(i)
        save_nifti(f"{root}/images/{i}.nii", numpy.stack([image] * 3).astype(numpy.float32), (0.7, 0.7, 2.5))
        save_nifti(f"{root}/masks/{i}.nii", numpy.stack([mask] * 3), (0.7, 0.7, 2.5))


def npy(kind, order="C"):
    def write(path, image):
        numpy.save(path + ".npy", numpy.asarray(image.astype(kind), order=order))

    return lambda root: in_format(root, write, write if kind == "uint8" else None)


def npy_shaped(change):
    """Arrays of more dimensions; masks follow in depth only."""

    def write(path, image):
        numpy.save(path + ".npy", change(image))

    def write_mask(path, mask):
        volume = change(mask).ndim == 3 and change(mask).shape[0] == 5
        numpy.save(path + ".npy", change(mask) if volume else mask.astype(bool))

    return lambda root: in_format(root, write, write_mask)


SETS.update(
    {
        "png": pillow_format(".png"),
        "jpeg": pillow_format(".jpg", quality=90),
        "bmp": pillow_format(".bmp"),
        "pnm": pillow_format(".pgm"),
        "gif": pillow_format(".gif"),
        "webp": pillow_format(".webp", lossless=True),
        "tiff-8": tiff_format("uint8"),
        "tiff-16": tiff_format("uint16"),
        "tiff-32": tiff_format("uint32"),
        "tiff-float": tiff_format("float32"),
        "tiff-double": tiff_format("float64"),
        "tiff-tiled": tiff_format("uint8", tile=(16, 16), compression="zlib"),
        "geotiff-1": bands(1),
        "geotiff-5": bands(5),
        "geotiff-40": bands(40),
        "nifti": nifti_slices,
        "npy-8": npy("uint8"),
        "npy-float": npy("float32"),
        "npy-big-endian": npy(">i2"),
        "npy-fortran": npy("float64", "F"),
        "npy-half": npy("float16"),
        "npy-colour": npy_shaped(lambda image: numpy.stack([image] * 3, -1)),
        "npy-bands": npy_shaped(lambda image: numpy.asfortranarray(numpy.stack([image, image // 2, image // 3]))),
        "npy-volume": npy_shaped(lambda image: numpy.stack([image] * 5)),
    }
)

if __name__ == "__main__":
    for name in sys.argv[2:] or SETS:
        SETS[name](os.path.join(sys.argv[1], name))
