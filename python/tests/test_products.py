# SPDX-License-Identifier: BSD-3-Clause
"""Products against NumPy's in float64, over shapes, strides and types; and the same bits whatever the arrays are."""
import os
import pickle
import subprocess
import sys

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from conftest import ROOT, Tensor, bound

import rowcast


@st.composite
def batches(draw):
    """An array (..., K) of rows, in memory in one of many ways."""
    k = draw(st.integers(0, 70))
    outer = draw(st.lists(st.integers(0, 6), max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    gap, steps = draw(st.integers(0, 3)), [draw(st.sampled_from([1, 1, 2, -1])) for _ in outer]
    dtype = draw(st.sampled_from([np.uint8, np.float32]))
    whole = random.integers(0, 256, [abs(step) * length for step, length in zip(steps, outer)] + [k + gap], np.uint8)
    whole[random.random(whole.shape) < 0.5] = 0  # the kernels that skip zeros come in
    view = whole.astype(dtype)[tuple(slice(None, None, step) for step in steps) + (slice(gap, None),)]
    if len(outer) > 1 and draw(st.booleans()):
        view = view.swapaxes(0, 1)
    return view


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(batches(), st.integers(0, 20), st.booleans(), st.sampled_from(["auto", "naive", "sequential"]))
def test_against_float64(x, n, with_bias, order):
    random = np.random.default_rng(n)
    weights = random.standard_normal((x.shape[-1], n)).astype(np.float32)
    bias = random.standard_normal(n).astype(np.float32) if with_bias else None
    plan = rowcast.Plan(weights, bias=bias, dtype=x.dtype, scale=1 / 256, order=order)
    values = x / 256.0
    wanted = values @ weights.astype(np.float64) + (0 if bias is None else bias)
    got = plan(x)
    assert got.dtype == np.float32 and got.shape == x.shape[:-1] + (n,)
    assert (np.abs(got - wanted) <= bound(values, weights, 0 if bias is None else bias)).all()
    out = np.full((*x.shape[:-1], n + 2), np.nan, np.float32)[..., 1:n + 1]
    assert plan.matmul(x, out) is out and out.tobytes() == got.tobytes()
    assert plan.matmul(Tensor(np.ascontiguousarray(x))).tobytes() == got.tobytes()
    classes = plan.predict(x)
    assert classes.dtype == np.int32 and classes.shape == x.shape[:-1]
    assert (classes == (got.argmax(-1) if n else -1)).all()


def test_weights_of_every_kind(random):
    x = random.standard_normal((7, 30)).astype(np.float32)
    for dtype in (np.float16, np.float32, np.float64):
        weights = random.standard_normal((30, 5)).astype(dtype)
        bias = random.standard_normal(10).astype(dtype)[::2]
        wanted = rowcast.Plan(weights.astype(np.float32), bias=bias.astype(np.float32))(x)
        padded = np.full((30, 9), np.nan, dtype)
        padded[:, 2:7] = weights
        for same in (weights, np.asfortranarray(weights), padded[:, 2:7], weights.T.copy().T,
                     weights[::-1].copy()[::-1], Tensor(weights), Tensor(np.asfortranarray(weights))):
            assert rowcast.Plan(same, bias=bias)(x).tobytes() == wanted.tobytes()
    assert rowcast.Plan(np.zeros((0, 3), np.float32))(np.zeros((4, 0), np.float32)).tolist() == [[0] * 3] * 4


def test_bits_follow_from_the_order_alone(random):
    x = random.integers(0, 256, (300, 784), np.uint8)
    weights = rowcast.randn(784, 10)
    usable = [name for name, kernel in rowcast.kernels().items() if kernel["usable"] and kernel["order"] == "lanes8"]
    assert len(usable) >= 2
    wanted = rowcast.Plan(weights, order="lanes8")(x.astype(np.float32) / 256)
    for kernel in usable:
        for threads in (1, 2, 5):
            plan = rowcast.Plan(weights, dtype="uint8", scale=1 / 256, kernel=kernel, threads=threads)
            assert plan.kernel == kernel and plan.order == "lanes8" and plan.threads <= threads
            assert plan(x).tobytes() == wanted.tobytes()


def test_the_article_s_product():
    """Its table's first corner, as PyTorch printed it, and the checksum of the whole."""
    images = rowcast.load(os.path.join(ROOT, "data", "train-images-idx3-ubyte.gz"), rows=(0, 50000))
    plan = rowcast.Plan(rowcast.randn(784, 10, seed=1), dtype=np.uint8, scale=1 / 256)
    product = plan(images)
    assert product[:2, :2].round(2).tolist() == np.array([[0.96, -2.96], [6.89, -0.34]], np.float32).tolist()
    assert rowcast.crc32(product) == 0xe7955140
    assert rowcast.crc32(product[:0]) == 0


def test_trained_weights():
    weights, bias = rowcast.load_weights()
    images = rowcast.load(os.path.join(ROOT, "data", "t10k-images-idx3-ubyte.gz"))
    labels = rowcast.load(os.path.join(ROOT, "data", "t10k-labels-idx1-ubyte.gz"))
    assert images.shape == (10000, 784) and labels.shape == (10000,)
    plan = rowcast.Plan(weights, bias=bias, dtype=np.uint8, scale=1 / 256)
    assert (plan.predict(images) == labels).sum() == 9241


def test_what_a_plan_tells():
    weights = rowcast.randn(784, 10)
    plan = rowcast.Plan(weights, scale=0.5, order="sequential", threads=1)
    assert (plan.k, plan.n, plan.order, plan.threads, plan.scale) == (784, 10, "sequential", 1, 0.5)
    assert plan.dtype == np.dtype(np.float32) and plan.kernel.startswith(plan.isa)
    assert repr(plan) == f"<rowcast.Plan 784 x 10, float32 rows, order sequential, kernel {plan.kernel}, 1 thread>"
    assert rowcast.Plan(weights, kernel="scalar-naive").kernel == "scalar-naive"
    cpu = rowcast.cpu()
    assert "scalar" in cpu["usable"] and cpu["default_threads"] >= 1 and cpu["features"]
    assert rowcast.__version__.count(".") == 2 and "ISA levels" in rowcast.build_info


def test_amx_needs_permission():
    code = """if True:
        import numpy as np, rowcast
        def kernel():
            return rowcast.Plan(rowcast.randn(784, 10), dtype=np.uint8, order="exact").kernel
        before = rowcast.cpu()
        assert "amx" not in before["usable"] and not kernel().startswith("amx")
        try:
            rowcast.allow_amx()
        except rowcast.RowcastError as refused:
            assert refused.status == "unsupported" and "AMX" in str(refused), refused
            assert rowcast.cpu() == before
        else:
            after = rowcast.cpu()
            assert "amx" in after["usable"] and after["features"]["amx_int8"] == "enabled"
            assert before["features"]["amx_int8"] == "not permitted" and kernel() == "amx-digits"
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_pickles(random, dtype):
    weights, bias = random.standard_normal((40, 6)).astype(dtype), random.standard_normal(6)
    x = random.integers(0, 256, (9, 40), np.uint8)
    for options in ({}, {"bias": bias}, {"order": "naive", "threads": 1},
                    {"kernel": "scalar-broadcast", "scale": 0.25}):
        for one in (weights, np.asfortranarray(weights)):
            plan = rowcast.Plan(one, dtype=np.uint8, **options)
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                again = pickle.loads(pickle.dumps(plan, protocol))
                assert repr(again) == repr(plan) and again.scale == plan.scale
                assert again(x).tobytes() == plan(x).tobytes()
    call, state = rowcast.Plan(weights).__reduce__()
    for index, wrong in ((0, 41), (1, 2**62), (0, -1), (2, b""), (3, 9), (4, 77), (5, b"1"), (6, 9), (8, 99), (9, 5),
                         (10, 10**6)):
        with pytest.raises(ValueError):
            call(*state[:index], wrong, *state[index + 1:])


def test_nothing_is_lost_in_a_loop(random):
    """Objects stay as many, whatever calls succeed and fail."""
    weights, x = rowcast.randn(20, 3), np.ones((4, 20), np.float32)
    plan, scattered = rowcast.Plan(weights, bias=np.ones(3)), np.ones((4, 4, 20), np.float32)[::-1, ::2]

    def everything():
        made = rowcast.Plan(weights, bias=np.ones(3), kernel="scalar-naive", dtype="float32")
        plan(x, copy=True), plan.matmul(x.astype(np.float64), copy=True), plan(scattered), plan.predict(Tensor(x))
        pickle.loads(pickle.dumps(made)), repr(made), made.dtype, rowcast.cpu(), rowcast.kernels(), rowcast.crc32(x)
        for wrong in ((x[:, :3],), (x, x), (weights.tolist(),), (Tensor(x, requires_grad=True),), (x, np.ones(3)), ()):
            with pytest.raises((TypeError, ValueError)):
                plan(*wrong)
            with pytest.raises((TypeError, ValueError)):
                plan.matmul(*wrong)
        for options in ({"kernel": "none"}, {"bias": x}, {"scale": 0}, {"order": "none"}, {"threads": 0}, {"none": 1}):
            with pytest.raises((TypeError, ValueError)):
                rowcast.Plan(weights, **options)

    more = []
    for _ in range(5):  # Python's own caches grow now and then
        before = sys.getallocatedblocks()
        for _ in range(40):
            everything()
        more.append(sys.getallocatedblocks() - before)
    assert min(more) < 40
