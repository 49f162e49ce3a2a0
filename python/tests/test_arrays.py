# SPDX-License-Identifier: BSD-3-Clause
"""Arrays are used where they lie, or refused with the exception and the call that help."""
import array
import gc
import weakref

import numpy as np
import pytest
from conftest import Tensor

import rowcast

WEIGHTS = np.arange(24, dtype=np.float32).reshape(6, 4)
X = np.ones((5, 6), np.float32)


def unaligned(shape):
    return np.zeros(int(np.prod(shape)) * 4 + 1, np.uint8)[1:].view(np.float32).reshape(shape)


def read_only(array_):
    array_ = array_.copy()
    array_.flags.writeable = False
    return array_


@pytest.mark.parametrize("kind, bad, text", [
    (TypeError, X.astype(np.float64), r"float64; x.astype\(numpy.float32\)"),
    (TypeError, X.astype(np.int64), "int64"),
    (TypeError, X.astype(bool), "bool"),
    (TypeError, X.astype(np.complex64), "Zf"),
    (TypeError, X.astype(np.uint8), "dtype=numpy.uint8"),
    (TypeError, X.tolist(), "list has neither"),
    (TypeError, None, "NoneType has neither"),
    (TypeError, X.astype(">f4"), ">f"),
    (TypeError, np.array([1, "a"], object), "elements must be float32"),
    (TypeError, np.ma.masked_array(X, X > 0), "masked"),
    (ValueError, X[:, :5], r"\(..., 6\)"),
    (ValueError, np.float32(1), r"\(..., 6\)"),
    (ValueError, X[:0, :5], r"\(..., 6\)"),
    (ValueError, np.asfortranarray(X), r"numpy.ascontiguousarray\(x\)"),
    (ValueError, X[:, ::-1], "adjacent"),
    (ValueError, np.ones((5, 12), np.float32)[:, ::2], "adjacent"),
    (ValueError, unaligned((5, 6)), "aligned"),
    (ValueError, Tensor(X, device=(2, 0)), r"x.cpu\(\)"),
    (ValueError, Tensor(X, requires_grad=True), r"x.detach\(\)"),
    (TypeError, Tensor(X.astype(np.float64)), "float64"),
    (TypeError, Tensor(X.astype(np.complex64)), "complex64"),
])
def test_refused(kind, bad, text):
    plan = rowcast.Plan(WEIGHTS)
    for call in (plan, plan.matmul, plan.predict):
        with pytest.raises(kind, match=text):
            call(bad)


def test_copies_that_are_asked_for():
    plan, wanted = rowcast.Plan(WEIGHTS), rowcast.Plan(WEIGHTS)(X)
    for other in (X.astype(np.float64), X.astype(np.int64), X.astype(np.uint8), X.tolist(), X.astype(">f4"),
                  np.asfortranarray(X), X[:, ::-1], X.astype(bool)):
        assert plan(other, copy=True).tobytes() == wanted.tobytes()
        assert plan.matmul(other, copy=True).tobytes() == wanted.tobytes()
        assert (plan.predict(other, copy=True) == wanted.argmax(1)).all()
    for lost in (X.astype(np.complex64), ["a"], np.ma.masked_array(X, X > 0)):
        with pytest.raises((TypeError, ValueError)):
            plan(lost, copy=True)
    numbers = rowcast.Plan(WEIGHTS, dtype=np.uint8)
    for lost in (X, X.astype(np.int64)):
        with pytest.raises(TypeError):
            numbers(lost, copy=True)
    with pytest.raises(ValueError, match="needed"):
        plan(X[:, :3], copy=True)


def test_rows_that_need_no_copy():
    plan = rowcast.Plan(WEIGHTS)
    signal = np.arange(10, dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(signal, 6)
    grid = np.random.default_rng(1).standard_normal((3, 4, 5, 9)).astype(np.float32)[..., 2:8]
    for x in (windows, windows[::2], windows[::-1], np.broadcast_to(X[0], (5, 6)), X[0], X[:0],
              np.broadcast_to(X[0], (2, 3, 6)), grid, grid[:, ::2], grid.transpose(2, 0, 1, 3),
              grid[::-1, :, 1], read_only(X), grid[:, :0]):
        assert plan(x).tobytes() == plan(np.ascontiguousarray(x)).tobytes()
    assert plan(array.array("f", [1] * 6)).tolist() == WEIGHTS.sum(0).tolist()
    numbers = rowcast.Plan(WEIGHTS, dtype=np.uint8)
    assert numbers(b"\1" * 6).tolist() == numbers(memoryview(bytearray(b"\1" * 6))).tolist() == WEIGHTS.sum(0).tolist()


@pytest.mark.parametrize("out, kind, text", [
    (np.empty((4, 4), np.float32), ValueError, "shape"),
    (np.empty((5, 3), np.float32), ValueError, "shape"),
    (np.empty((1, 5, 4), np.float32), ValueError, "shape"),
    (np.empty((5, 4)), TypeError, "float64"),
    (read_only(np.empty((5, 4), np.float32)), ValueError, "read-only"),
    (Tensor(read_only(np.empty((5, 4), np.float32))), (ValueError, BufferError), "read"),
    (np.empty((4, 5), np.float32).T, ValueError, "adjacent"),
    (np.empty((5, 4), np.float32)[::-1], ValueError, "equally spaced"),
    (unaligned((5, 4)), ValueError, "adjacent"),
    (np.lib.stride_tricks.as_strided(np.empty(8, np.float32), (5, 4), (4, 4)), ValueError, "one after another"),
    ([0] * 4, TypeError, "list"),
])
def test_places_that_are_refused(out, kind, text):
    with pytest.raises(kind, match=text):
        rowcast.Plan(WEIGHTS).matmul(X, out=out)


def test_overlap():
    plan, shared = rowcast.Plan(WEIGHTS), np.ones((5, 12), np.float32)
    for overlapping in (shared[:, 5:9], shared[:, :4], shared[:, 2:6]):
        with pytest.raises(ValueError, match="overlaps"):
            plan(shared[:, :6], out=overlapping)
    assert (plan(shared[:, :6], out=shared[:, 6:10]) == plan(X)).all()  # between its rows is not over them
    assert (shared[:, 10:] == 1).all()


def test_dlpack_in_and_out():
    plan, wanted = rowcast.Plan(WEIGHTS), rowcast.Plan(WEIGHTS)(X)
    new = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 1)
    for versioned in (False, True) if new else (False,):
        out = Tensor(np.zeros((5, 7), np.float32)[:, 1:5], versioned=versioned)
        x = Tensor(np.ones((10, 8), np.float32)[::2, 1:7], versioned=versioned)
        assert plan(x, out) is out and out.array.tobytes() == wanted.tobytes()
        assert plan.predict(x).tolist() == wanted.argmax(1).tolist()
    if new:
        fixed = Tensor(read_only(np.zeros((5, 4), np.float32)), versioned=True)
        with pytest.raises(ValueError, match="read-only"):
            plan(X, fixed)
        assert plan(Tensor(read_only(X), versioned=True)).tobytes() == wanted.tobytes()
    assert np.from_dlpack(plan(X)).tobytes() == wanted.tobytes()


def test_lifetimes():
    """What a call was given is let go at its end; weights are the plan's own."""
    class Array(np.ndarray):
        pass

    x, weights = np.ones((5, 6), np.float32).view(Array), WEIGHTS.copy().view(Array)
    plan = rowcast.Plan(weights)
    wanted, gone = plan(x), [weakref.ref(x), weakref.ref(weights)]
    weights[:] = 0
    assert plan(x).tobytes() == wanted.tobytes()
    del x, weights
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
    result = plan(X)
    del plan
    assert result.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("options, kind, text", [
    ({"weights": WEIGHTS.astype(np.int32)}, TypeError, "int32; weights.astype"),
    ({"weights": WEIGHTS.tolist()}, TypeError, "list"),
    ({"weights": WEIGHTS[0]}, ValueError, "K x N"),
    ({"weights": WEIGHTS[None]}, ValueError, "K x N"),
    ({"weights": np.ones((12, 8), np.float32)[::2, ::2]}, ValueError, "ascontiguousarray"),
    ({"weights": np.ma.masked_array(WEIGHTS, WEIGHTS > 3)}, TypeError, "masked"),
    ({"bias": np.zeros(3)}, ValueError, "4 elements"),
    ({"bias": np.zeros((1, 4))}, ValueError, "4 elements"),
    ({"bias": np.zeros(4, int)}, TypeError, "int64"),
    ({"bias": [0] * 4}, TypeError, "list"),
    ({"dtype": np.int16}, TypeError, "int16"),
    ({"dtype": "no such"}, TypeError, "no such"),
    ({"order": "lanes16"}, ValueError, "'lanes16' is none of auto, naive"),
    ({"kernel": "none"}, rowcast.RowcastError, "none"),
    ({"kernel": "auto\0x"}, ValueError, ""),
    ({"kernel": 3}, TypeError, "a name"),
    ({"threads": 0}, ValueError, "1 to 4096"),
    ({"threads": -1}, ValueError, "1 to 4096"),
    ({"threads": 4097}, ValueError, "1 to 4096"),
    ({"threads": 1 << 70}, ValueError, "1 to 4096"),
    ({"threads": 2.0}, TypeError, "float"),
    ({"nothing": 1}, TypeError, "nothing"),
] + [({"scale": scale}, ValueError, "scale") for scale in (0, -0.0, 1e-50, 1e39, 10**400, float("nan"), float("inf"))]
    + [({"scale": scale}, TypeError, "") for scale in ("0.5", 1j, [1.0])])
def test_plans_that_are_refused(options, kind, text):
    with pytest.raises(kind, match=text):
        rowcast.Plan(**{"weights": WEIGHTS, **options})


def test_what_the_library_refuses_has_its_kind():
    with pytest.raises(rowcast.RowcastError) as caught:
        rowcast.Plan(WEIGHTS, kernel="none")
    assert caught.value.status == "unknown" and caught.value.advice == "" and isinstance(caught.value, ValueError)
    with pytest.raises(ValueError, match="4096"):
        rowcast.Plan(np.zeros((1, 5000), np.float32)).predict(np.zeros((1, 1), np.float32))
    with pytest.raises(TypeError, match="positional"):
        rowcast.Plan(WEIGHTS).matmul(X, None, True)
    with pytest.raises(TypeError, match="missing"):
        rowcast.Plan(WEIGHTS).predict()
    with pytest.raises(TypeError, match="twice"):
        rowcast.Plan(WEIGHTS).matmul(X, x=X)
    with pytest.raises(TypeError, match="no argument 'out'"):
        rowcast.Plan(WEIGHTS).predict(X, out=X)
    with pytest.raises(TypeError, match="float32"):
        rowcast.crc32(X.astype(np.float64))
    with pytest.raises(ValueError, match="ascontiguousarray"):
        rowcast.crc32(X.T)


def test_rows_beyond_memory():
    rows = np.broadcast_to(np.zeros((1, 2, 1), np.uint8), (2**60 + 1, 2, 1))
    plan = rowcast.Plan(np.ones((1, 1), np.float32), dtype=np.uint8)
    for call in (plan, plan.predict):
        with pytest.raises(MemoryError):
            call(rows)


def test_seeds():
    assert (rowcast.randn(2, 3, np.uint64(2**64 - 1)) == rowcast.randn(2, 3, 2**64 - 1)).all()
    for seed in (2**64, 2**64 + 5, -1):
        with pytest.raises(OverflowError):
            rowcast.randn(2, 3, seed)
    with pytest.raises(TypeError):
        rowcast.randn(2, 3, 1.5)
