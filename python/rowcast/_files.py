# SPDX-License-Identifier: BSD-3-Clause
"""Files as arrays. The library reads all formats but zip archives, which Python unpacks for it."""
import lzma
import os
import zipfile
import zlib

import numpy as np

from . import _core

_HERE = os.path.dirname(os.path.abspath(__file__))
_ZIP = b"PK\x03\x04"


def load(path, rows=None, member=None, *, array=None, max_bytes=None, allow_trailing=False, skip_lines=None,
         columns_from=None, columns_to=None, delimiter=None, decimal=None, comment=None, raw_type=None, raw_dims=None,
         raw_offset=None, raw_fortran=False):
    """The matrix in a file: IDX, NPY, NPZ, safetensors, a pickle of arrays, CSV or raw elements, as it is, gzipped or
    compressed by zstd.

    The array is (rows, columns), (rows,) where the file has one dimension; more dimensions become columns. Bytes stay
    uint8, all other elements become float32. `rows` is a slice or a pair, begin and end. Of an IDX, NPY or raw file,
    plain or in BGZF, these rows alone are read; of others the array shares the memory of the whole. `member` is of a
    pickle ("train.x"), `array` of an .npz or of safetensors. Nothing in a file is executed. "-" is standard input."""
    options = {"member": member, "array": array, "max_bytes": max_bytes, "allow_trailing": allow_trailing,
               "skip_lines": skip_lines, "columns_from": columns_from, "columns_to": columns_to, "delimiter": delimiter,
               "decimal": decimal, "comment": comment, "raw_type": raw_type, "raw_dims": raw_dims,
               "raw_offset": raw_offset, "raw_fortran": raw_fortran}
    name, content = os.fsencode(path), None
    begin, end = _range(rows)
    if raw_type is None and _is_zip(name):
        content, options["array"] = _unzip(name, array, max_bytes), None
    return np.asarray(_core._read(name, content, begin, -1 if end is None else end, options))


def _range(rows):
    if rows is None:
        return 0, None
    if isinstance(rows, slice):
        if rows.step not in (None, 1):
            raise ValueError(f"rows: only with step 1, not {rows.step}")
        begin, end = rows.start or 0, rows.stop
    else:
        begin, end = rows
    if begin < 0 or (end is not None and end < begin):
        raise ValueError(f"rows: {begin}:{end} is not begin:end, counted from 0")
    return begin, end


def _is_zip(name):
    if name == b"-" or not os.path.isfile(name):
        return False  # the library says what is wrong with it
    with open(name, "rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _unzip(name, array, max_bytes):
    """The bytes of one .npy: the array of that name, the archive's only one, or its only one of two dimensions and
    more."""
    try:
        with zipfile.ZipFile(os.fsdecode(name)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist() if info.filename.endswith(".npy")}
            chosen = _choose(os.fsdecode(name), archive, list(sizes), array)
            limit = _half_of_memory() if max_bytes is None else max_bytes
            if sizes[chosen] > limit:
                raise _core.RowcastError(f"{os.fsdecode(name)}: {chosen} takes {sizes[chosen]} bytes, and the limit is "
                                         f"{limit} (max_bytes={sizes[chosen]})")
            return archive.read(chosen)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _core.RowcastError(f"{os.fsdecode(name)}: {error}") from error


def _half_of_memory():
    """What the library takes where no limit is given: half of the memory that is free."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024 // 2
    return 1 << 62


def _choose(path, archive, names, array):
    listed = ", ".join(name[:-4] for name in names) or "none"
    if array is not None:
        for name in (array, array + ".npy"):
            if name in names:
                return name
        raise _core.RowcastError(f"{path}: no array '{array}'; there are: {listed}")
    if len(names) != 1:
        names = [name for name in names if _rank(archive, name) >= 2]
    if len(names) != 1:
        raise _core.RowcastError(f"{path}: which array? There are: {listed} (array)")
    return names[0]


def _rank(archive, name):
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return len(header(file)[0])


def load_weights():
    """The trained weights that rowcast ships, 784 x 10, and their bias, 10: for MNIST's pixels, bytes times 1/256."""
    return load(os.path.join(_HERE, "softmax-weights.npy")), load(os.path.join(_HERE, "softmax-bias.npy")).ravel()
