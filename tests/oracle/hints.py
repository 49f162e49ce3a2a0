#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commands that errors about other formats name do what they say: a file of each kind is made, the command is taken
from rowcast's error and run, and what rowcast then reads is what went in. Kinds whose programs or modules are not here
are left out, and that is said; those of Debian's build tools must be here."""
import argparse
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import numpy as np

X = np.arange(12, dtype="f4").reshape(3, 4) + 0.5


def lines(text):
    return np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)


class Tool:
    def __init__(self, path):
        self.path = path
        # "python3" and "rowcast" of the hints are this one and the one tested. A link would lose a virtual environment.
        os.mkdir("bin")
        with open("bin/python3", "w") as file:
            file.write("#!/bin/sh\nexec '%s' \"$@\"\n" % sys.executable)
        os.chmod("bin/python3", 0o755)
        os.symlink(path, "bin/rowcast")
        os.environ["PATH"] = os.path.join(os.getcwd(), "bin") + ":" + os.environ["PATH"]

    def run(self, command):
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit("hints: '%s' failed: %s" % (command, done.stderr.strip()[-500:]))
        return done.stdout

    def hint_of(self, name):
        done = subprocess.run([self.path, "convert", "-i", name, "-o", "-", "--format", "csv"], capture_output=True,
                              text=True)
        if done.returncode != 1 or done.stdout or done.stderr.count("\n") != 1:
            sys.exit("hints: %s: status %d, '%s'" % (name, done.returncode, done.stderr))
        return done.stderr.strip()

    def check(self, name, wanted=X, **words):
        """words: what MEMBER or NAME stand for in the hint."""
        hint = self.hint_of(name)
        script = re.search(r"python3 -c '[^']*'", hint)
        pipe = re.search(r"([^:,]*) \| rowcast \.\.\. -i -", hint)
        if script is None and pipe is None:
            sys.exit("hints: no command in: " + hint)
        command = (script.group(0) if script else pipe.group(1)).replace("FILE", name)
        for word, meaning in words.items():
            command = command.replace(word, meaning)
        if script:
            self.run("rm -f x.npy")
            self.run(command)
            text = self.run("rowcast convert -i x.npy -o - --format csv -q")
        else:
            text = self.run(command + " | rowcast convert -i - -o - --format csv -q")
        if not np.array_equal(lines(text), wanted):
            sys.exit("hints: '%s' gave %s" % (command, text))


def compressed(program, name):
    def make():
        with open("x.csv", "rb") as file, open(name, "wb") as out:
            subprocess.run([program, "-c", "-q"] if program != "lzip" else ["lzip", "-c"], stdin=file, stdout=out,
                           check=True)
    return make


def make_tar(name, mode):
    def make():
        with tarfile.open(name, mode) as archive:
            archive.add("x.csv")
    return make


def make_zip():
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.write("x.csv")


def make_utf16():
    with open("x.csv") as file, open("x.utf16", "wb") as out:
        out.write(file.read().encode("utf-16"))


def make_json():
    with open("x.json", "w") as file:
        json.dump(X.tolist(), file)


def make_mat():
    import scipy.io
    scipy.io.savemat("x.mat", {"w": X})


def make_hdf5():
    import h5py
    with h5py.File("x.h5", "w") as file:
        file["w"] = X


def make_mat73():
    import h5py
    with h5py.File("x73.mat", "w", userblock_size=512) as file:
        file["w"] = X.T  # as MATLAB writes it, column by column
    with open("x73.mat", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM")


def make_frame(method, name, **options):
    def make():
        import pandas
        getattr(pandas.DataFrame(X, columns=list("abcd")), method)(name, **options)
    return make


def make_stream():
    import pandas
    import pyarrow
    table = pyarrow.Table.from_pandas(pandas.DataFrame(X, columns=list("abcd")))
    with pyarrow.ipc.new_stream("x.arrows", table.schema) as writer:
        writer.write_table(table)


def make_libsvm():
    with open("x.libsvm", "w") as file:
        for i, row in enumerate(X):
            file.write("%d %s\n" % (i, " ".join("%d:%g" % (j + 1, value) for j, value in enumerate(row))))


def make_torch():
    import torch
    torch.save({"w": torch.from_numpy(X)}, "x.pt")


def make_picture():
    import PIL.Image
    PIL.Image.fromarray(np.arange(16, dtype="u1").reshape(4, 4)).save("x.png")


# What is needed (programs; modules after a colon), whether it must be here, what makes the file, its name, more for
# check().
KINDS = [
    ("xz", True, compressed("xz", "x.csv.xz"), "x.csv.xz", {}),
    ("bzip2", True, compressed("bzip2", "x.csv.bz2"), "x.csv.bz2", {}),
    ("lz4", False, compressed("lz4", "x.csv.lz4"), "x.csv.lz4", {}),
    ("lzip", False, compressed("lzip", "x.csv.lz"), "x.csv.lz", {}),
    ("tar", True, make_tar("x.tar", "w"), "x.tar", {"MEMBER": "x.csv"}),
    ("tar", True, make_tar("x.tar.gz", "w:gz"), "x.tar.gz", {"MEMBER": "x.csv"}),
    ("unzip", False, make_zip, "x.zip", {"NAME": "x.csv"}),
    ("iconv", True, make_utf16, "x.utf16", {}),
    (":numpy", True, make_json, "x.json", {}),
    (":scipy.io", False, make_mat, "x.mat", {"NAME": "w"}),
    (":h5py", False, make_hdf5, "x.h5", {"NAME": "w"}),
    (":h5py", False, make_mat73, "x73.mat", {"NAME": "w"}),
    (":pandas :pyarrow", False, make_frame("to_parquet", "x.parquet"), "x.parquet", {}),
    (":pandas :pyarrow", False, make_frame("to_feather", "x.feather"), "x.feather", {}),
    (":pandas :pyarrow", False, make_frame("to_orc", "x.orc"), "x.orc", {}),
    (":pandas :pyarrow", False, make_stream, "x.arrows", {}),
    (":pandas :openpyxl", False, make_frame("to_excel", "x.xlsx", header=False, index=False), "x.xlsx", {}),
    (":sklearn", False, make_libsvm, "x.libsvm", {}),
    (":torch", False, make_torch, "x.pt", {"NAME": "w"}),
    (":PIL", False, make_picture, "x.png", {"wanted": np.arange(16).reshape(1, 16)}),
]


def missing(needs):
    for need in needs.split():
        if need.startswith(":"):
            try:
                importlib.import_module(need[1:])
            except ImportError:
                return "Python's " + need[1:]
        elif shutil.which(need) is None:
            return need
    return None


def main():
    parser = argparse.ArgumentParser(prog="hints.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("rowcast", metavar="ROWCAST")
    path = os.path.abspath(parser.parse_args().rowcast)
    left_out = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        tool = Tool(path)
        np.savetxt("x.csv", X, fmt="%g", delimiter=",")
        for needs, must, make, name, more in KINDS:
            lacks = missing(needs)
            if lacks is not None and must:
                sys.exit("hints: %s is missing" % lacks)
            if lacks is not None:
                left_out.append("%s (%s)" % (name, lacks))
                continue
            make()
            tool.check(name, **more)
        os.chdir("/")
    print("%d commands of errors were run, and their results read; left out: %s"
          % (len(KINDS) - len(left_out), ", ".join(left_out) or "none"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
