# SPDX-License-Identifier: BSD-3-Clause
"""The article's data: MNIST's training images as byte / 256, and torch.manual_seed(1); torch.randn(784, 10)."""

import gzip
import pathlib
import zlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAIN_ROWS = 50000


def read_idx_images(path):
    """The images of a gzipped IDX file as bytes, rows x pixels (docs/formats.md)."""
    try:
        with gzip.open(path) as file:
            head, pixels = file.read(16), numpy.frombuffer(file.read(), numpy.uint8)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: {error}") from error
    magic, *shape = (int(n) for n in numpy.frombuffer(head, ">i4")) if len(head) == 16 else (None,)
    if magic != 0x803:
        raise ValueError(f"{path}: is not an IDX file of images")
    count, height, width = shape
    if len(pixels) != count * height * width:
        raise ValueError(f"{path}: has {len(pixels)} pixels, but says {count} x {height} x {width}")
    return pixels.reshape(count, height * width)


def images():
    """The article's x_train."""
    pixels = read_idx_images(ROOT / "data" / "train-images-idx3-ubyte.gz")[:TRAIN_ROWS]
    return numpy.ascontiguousarray(pixels, numpy.float32) / numpy.float32(256)


def weights():
    """PyTorch's own values, as PyTorch saved them."""
    return numpy.load(ROOT / "tests" / "data" / "torch_randn_seed1_784x10.npy")
