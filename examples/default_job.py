# SPDX-License-Identifier: BSD-3-Clause
"""What `rowcast matmul` does, from Python: the 50,000 training images times the article's random weights.

    scripts/run-python, or: python3 examples/default_job.py data"""
import argparse
import os


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="FOLDER", help="where train-images-idx3-ubyte.gz is")
    data = parser.parse_args().data

    import numpy as np

    import rowcast
    images = rowcast.load(os.path.join(data, "train-images-idx3-ubyte.gz"), rows=(0, 50000))
    plan = rowcast.Plan(rowcast.randn(784, 10, seed=1), dtype=np.uint8, scale=1 / 256)
    product = plan(images)
    print(plan)
    with np.printoptions(precision=2, suppress=True, threshold=0, edgeitems=3):
        print(product)
    print(f"crc32 {rowcast.crc32(product):08x}")


if __name__ == "__main__":
    main()
