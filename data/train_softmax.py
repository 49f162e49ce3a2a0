# SPDX-License-Identifier: BSD-3-Clause
"""Trains the weights that are shipped beside MNIST: a softmax regression on the first 50,000 training images.

    python3 data/train_softmax.py [--check]     needs NumPy

Writes data/softmax-weights.npy (784 x 10) and data/softmax-bias.npy (10), float32, for pixels taken as byte / 256. Plain
gradient descent on all images at once, with momentum and a little weight decay, from zero: nothing in it is random. It
computes in float64, whose sums differ in the last digits between BLAS libraries; the results are therefore rounded to
multiples of 2**-12, and --check allows one of those, and asks for the same number of right classes.
"""

import gzip
import pathlib
import sys

import numpy

FOLDER = pathlib.Path(__file__).resolve().parent
ROWS, STEPS, RATE, MOMENTUM, DECAY, UNIT = 50000, 400, 0.5, 0.9, 1e-4, 2.0**-12


def read(name, head):
    with gzip.open(FOLDER / name) as file:
        return numpy.frombuffer(file.read()[head:], numpy.uint8)


def load(which):
    images = read(f"{which}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    return images.astype(numpy.float64) / 256, read(f"{which}-labels-idx1-ubyte.gz", 8)


def train(x, labels):
    target = numpy.zeros((len(x), 10))
    target[numpy.arange(len(x)), labels] = 1
    w, b = numpy.zeros((784, 10)), numpy.zeros(10)
    speed_w, speed_b = numpy.zeros_like(w), numpy.zeros_like(b)
    for _ in range(STEPS):
        scores = x @ w + b
        scores = numpy.exp(scores - scores.max(axis=1, keepdims=True))
        error = scores / scores.sum(axis=1, keepdims=True) - target
        speed_w = MOMENTUM * speed_w - RATE * (x.T @ error / len(x) + DECAY * w)
        speed_b = MOMENTUM * speed_b - RATE * error.mean(axis=0)
        w, b = w + speed_w, b + speed_b
    return (numpy.round(w / UNIT) * UNIT).astype(numpy.float32), (numpy.round(b / UNIT) * UNIT).astype(numpy.float32)


def right(x, labels, w, b):
    return int(((x @ w + b).argmax(axis=1) == labels).sum())


def main():
    x, labels = load("train")
    w, b = train(x[:ROWS], labels[:ROWS])
    test, test_labels = load("t10k")
    count = right(test, test_labels, w, b)
    print(f"{count} of {len(test)} test images, {right(x[:ROWS], labels[:ROWS], w, b)} of {ROWS} training images right")
    if "--check" in sys.argv[1:]:
        kept_w, kept_b = (numpy.load(FOLDER / f"softmax-{name}.npy") for name in ("weights", "bias"))
        worst = max(abs(w - kept_w).max(), abs(b - kept_b).max())
        print(f"differs from what is kept by {worst} at most")
        return int(worst > UNIT or abs(right(test, test_labels, kept_w, kept_b) - count) > 1)
    numpy.save(FOLDER / "softmax-weights.npy", w)
    numpy.save(FOLDER / "softmax-bias.npy", b)
    return 0


if __name__ == "__main__":
    sys.exit(main())
