# SPDX-License-Identifier: BSD-3-Clause
"""load(): the formats, without a copy, and errors in Python's classes."""
import gzip
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

import rowcast

A = np.arange(60, dtype=np.float32).reshape(10, 6)


def test_every_format(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, A)
    for name, rows in ((path, None), (str(path), None), (os.fsencode(path), None)):
        assert (rowcast.load(name, rows) == A).all()
    for dtype in (np.uint8, np.int16, np.float64, np.float16, bool):
        np.save(path, A.astype(dtype))
        got = rowcast.load(path)
        assert got.dtype == (np.uint8 if dtype is np.uint8 else np.float32) and (got == A.astype(dtype)).all()
    np.save(path, A.reshape(5, 3, 2, 2))
    assert rowcast.load(path).shape == (5, 12)
    np.save(path, A[0])
    assert rowcast.load(path).shape == (6,)
    np.savetxt(tmp_path / "a.csv", A, header="numbers", comments="", delimiter=";")
    assert (rowcast.load(tmp_path / "a.csv", skip_lines=1, delimiter=";") == A).all()
    assert (rowcast.load(tmp_path / "a.csv", skip_lines=1, columns_from=1, columns_to=3) == A[:, 1:3]).all()
    (tmp_path / "a.pkl.gz").write_bytes(gzip.compress(pickle.dumps({"w": A, "b": A + 1})))
    assert (rowcast.load(tmp_path / "a.pkl.gz", member="b") == A + 1).all()
    A.tofile(tmp_path / "a.raw")
    assert (rowcast.load(tmp_path / "a.raw", raw_type="<f4", raw_dims=(10, 6)) == A).all()
    assert (rowcast.load(tmp_path / "a.raw", raw_type="<f4", raw_dims=(6, 10), raw_fortran=True) == A.reshape(10, 6).T
            ).all()


def test_archives(tmp_path):
    path = tmp_path / "a.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, one=A)
        assert (rowcast.load(path) == A).all()
        save(path, weights=A, bias=A[0])
        assert (rowcast.load(path) == A).all() and (rowcast.load(path, array="bias.npy") == A[0]).all()
        assert (rowcast.load(path, (2, 4), array="weights") == A[2:4]).all()
        save(path, one=A, two=A + 1)
        assert (rowcast.load(path, array="two") == A + 1).all()
        with pytest.raises(rowcast.RowcastError, match="one, two"):
            rowcast.load(path)
        with pytest.raises(rowcast.RowcastError, match="'three'; there are: one, two"):
            rowcast.load(path, array="three")
        with pytest.raises(rowcast.RowcastError, match="max_bytes"):
            rowcast.load(path, array="one", max_bytes=10)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(rowcast.RowcastError, match="zip"):
        rowcast.load(path, array="one")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(rowcast.RowcastError, match="none"):
        rowcast.load(path)


def test_safetensors(tmp_path):
    tensors = {"w": ("F16", A.astype(np.float16)), "b": ("F64", A[0].astype(np.float64)),
               "h": ("BF16", (A.view(np.uint32) >> 16).astype(np.uint16))}
    header, elements = {"__metadata__": {"format": "pt"}}, b""
    for name, (kind, array) in tensors.items():
        begin, elements = len(elements), elements + array.tobytes()
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [begin, len(elements)]}
    text = json.dumps(header).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + elements)
    assert (rowcast.load(path, array="w") == A).all() and (rowcast.load(path, array="h") == A).all()
    plan = rowcast.Plan.from_linear(rowcast.load(path, array="w"), np.ones(10))
    assert (plan(A) == A @ A.T + 1).all() and rowcast.load(path, array="b").shape == (6,)
    with pytest.raises(rowcast.RowcastError, match=r"name one of w, b, h \(array\)"):
        rowcast.load(path)


def test_rows(tmp_path):
    np.save(tmp_path / "a.npy", A)
    (tmp_path / "a.npy.gz").write_bytes(gzip.compress((tmp_path / "a.npy").read_bytes()))
    for name in ("a.npy", "a.npy.gz"):
        for rows, wanted in (((2, 5), A[2:5]), (slice(3), A[:3]), (slice(7, None), A[7:]), ((0, 10), A),
                             ((4, 4), A[4:4]), ((4, None), A[4:])):
            got = rowcast.load(tmp_path / name, rows)
            assert got.shape == wanted.shape and (got == wanted).all()
        for rows in ((0, 11), (8, 11), (11, None), (5, 4), (-1, 4), slice(0, 4, 2)):
            with pytest.raises(ValueError, match="rows"):
                rowcast.load(tmp_path / name, rows)
    np.save(tmp_path / "b.npy", A[0])
    assert (rowcast.load(tmp_path / "b.npy", (1, 3)) == A[0, 1:3]).all()


def test_no_copy(tmp_path):
    """The array lies in the library's memory, which outlives everything else that knows of it."""
    np.save(tmp_path / "a.npy", A)
    got = rowcast.load(tmp_path / "a.npy")
    exporter = got.base.obj
    assert not got.flags.owndata and got.flags.writeable and got.__array_interface__["data"][0] % 64 == 0
    assert np.asarray(memoryview(exporter)).__array_interface__["data"] == got.__array_interface__["data"]
    view = got[3:, ::2]
    del got, exporter
    assert (view == A[3:, ::2]).all()
    with pytest.raises(TypeError):
        type(view.base.base.obj if hasattr(view.base.base, "obj") else view.base.obj)()


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        rowcast.load(tmp_path / "none.npy")
    assert caught.value.filename == str(tmp_path / "none.npy") and caught.value.errno == 2
    with pytest.raises(IsADirectoryError):
        rowcast.load(tmp_path)
    path = tmp_path / "a"
    path.write_text("one,two\n1,2\n3,4\n")
    with pytest.raises(rowcast.RowcastError, match="skip_lines=1") as caught_error:
        rowcast.load(path)
    assert caught_error.value.status == "format" and caught_error.value.advice == "skip_lines=1"
    assert rowcast.load(path, skip_lines=1).tolist() == [[1, 2], [3, 4]]
    np.save(path.with_suffix(".npy"), A)
    for options in ({"array": "3"}, {"max_bytes": 5}, {"skip_lines": 1}):
        with pytest.raises(rowcast.RowcastError):
            rowcast.load(path.with_suffix(".npy"), **options)
    for options in ({"delimiter": ",,"}, {"array": "a\0"}, {"raw_type": "<f4", "raw_dims": [1] * 40}):
        with pytest.raises(ValueError):
            rowcast.load(path, **options)
    for options in ({"nothing": 1}, {"skip_lines": "1"}, {"delimiter": 3}):
        with pytest.raises(TypeError):
            rowcast.load(path, **options)
    with pytest.raises((OverflowError, ValueError)):
        rowcast.load(path, skip_lines=-1)
    for name in (str(path) + "\0b", bytes(path) + b"\0b"):
        with pytest.raises(ValueError, match="null"):
            rowcast.load(name)
    damaged = tmp_path / "damaged.npz"
    np.savez_compressed(damaged, a=np.arange(1000, dtype=np.float32))
    content = bytearray(damaged.read_bytes())
    content[60:90] = bytes(30)
    damaged.write_bytes(content)
    with pytest.raises(rowcast.RowcastError):
        rowcast.load(damaged)
