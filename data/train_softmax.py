# SPDX-License-Identifier: BSD-3-Clause
# covers: data/train_softmax.py data/softmax-weights.npy data/softmax-bias.npy
"""Trains the weights that are shipped beside MNIST: a softmax regression on the first 50,000 training images.
Needs NumPy.

Writes data/softmax-weights.npy (784 x 10) and data/softmax-bias.npy (10), float32, for pixels taken as byte / 256.
Plain gradient descent on all images at once, with momentum and a little weight decay, from zero: nothing in it is
random. It computes in float64, whose sums differ in the last digits between BLAS libraries; the results are therefore
rounded to multiples of 2**-12, and --check allows one of those, and asks for the same number of right classes. """

import argparse
import gzip
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
numpy = None  # imported once the command line is known to be right
ROWS, STEPS, RATE, MOMENTUM, DECAY, UNIT = 50000, 400, 0.5, 0.9, 1e-4, 2.0**-12


def read(name, head):
    with gzip.open(FOLDER / name) as file:
        return numpy.frombuffer(file.read()[head:], numpy.uint8)


def load(which):
    images = read(f"{which}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    return images.astype(numpy.float64) / 256, read(f"{which}-labels-idx1-ubyte.gz", 8)


def train(x, labels, steps):
    target = numpy.zeros((len(x), 10))
    target[numpy.arange(len(x)), labels] = 1
    w, b = numpy.zeros((784, 10)), numpy.zeros(10)
    speed_w, speed_b = numpy.zeros_like(w), numpy.zeros_like(b)
    for _ in range(steps):
        scores = x @ w + b
        scores = numpy.exp(scores - scores.max(axis=1, keepdims=True))
        error = scores / scores.sum(axis=1, keepdims=True) - target
        speed_w = MOMENTUM * speed_w - RATE * (x.T @ error / len(x) + DECAY * w)
        speed_b = MOMENTUM * speed_b - RATE * error.mean(axis=0)
        w, b = w + speed_w, b + speed_b
    return (numpy.round(w / UNIT) * UNIT).astype(numpy.float32), (numpy.round(b / UNIT) * UNIT).astype(numpy.float32)


def right(x, labels, w, b):
    return int(((x @ w + b).argmax(axis=1) == labels).sum())


def parse():
    parser = argparse.ArgumentParser(prog="train_softmax.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="train, and compare with the files that there are instead of writing them")
    parser.add_argument("--rows", type=int, default=ROWS,
                        help=f"train on only that many images; needs --to (default: {ROWS})")
    parser.add_argument("--steps", type=int, default=STEPS,
                        help=f"training steps; any other number than the default needs --to (default: {STEPS})")
    parser.add_argument("--to", type=pathlib.Path, metavar="FOLDER", default=FOLDER,
                        help="where to write them (default: data)")
    arguments = parser.parse_args()
    if not 1 <= arguments.rows <= 60000 or arguments.steps < 1:
        parser.error("--rows must be from 1 to 60000, and --steps at least 1")
    if (arguments.rows, arguments.steps) != (ROWS, STEPS) and (arguments.check or arguments.to == FOLDER):
        parser.error("other rows or steps give other weights than the shipped ones: name a folder for them with --to")
    return arguments


def main():
    global numpy
    arguments = parse()
    import numpy
    x, labels = load("train")
    x, labels = x[:arguments.rows], labels[:arguments.rows]
    w, b = train(x, labels, arguments.steps)
    test, test_labels = load("t10k")
    count = right(test, test_labels, w, b)
    print(f"{count} of {len(test)} test images, {right(x, labels, w, b)} of {len(x)} training images right")
    if arguments.check:
        kept_w, kept_b = (numpy.load(FOLDER / f"softmax-{name}.npy") for name in ("weights", "bias"))
        worst = max(abs(w - kept_w).max(), abs(b - kept_b).max())
        print(f"differs from the stored weights by at most {worst}")
        if worst > UNIT or abs(right(test, test_labels, kept_w, kept_b) - count) > 1:
            return 1
        result = f"{count} of {len(test)} right, {worst} apart at most"
        record = (FOLDER.parent / "scripts" / "last-runs", "--record", "data/train_softmax.py", result)
        return subprocess.run(record).returncode
    numpy.save(arguments.to / "softmax-weights.npy", w)
    numpy.save(arguments.to / "softmax-bias.npy", b)
    return 0


if __name__ == "__main__":
    sys.exit(main())
