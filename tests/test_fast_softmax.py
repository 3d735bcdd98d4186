"""The compiled softmax: e^x against float64, the twins against the plain rules and PyTorch."""

import numpy as np
import pytest
import torch

import tinygrad_np as tnp

pytest.importorskip("numba")

from tinygrad_np import threads
from tinygrad_np.fast import softmax as fast
from tinygrad_np.fast.exponential import LEAST, power
from tinygrad_np.ops.softmax import LogSoftmax, Softmax

F = np.float32
TWINS = {
    "softmax": (Softmax, fast.softmax, fast.softmax_dx),
    "log_softmax": (LogSoftmax, fast.log_softmax, fast.log_softmax_dx),
}
SHAPES = [
    (1, 1),
    (3, 2),
    (5, 10),
    (2, 3, 33),
    (7, 65),
    (4, 256),
    (2, 9000),
    (17,),
    (0, 3),
    (3, 0),
    (300, 10),
]


def plain(method):
    return getattr(method, "plain", method)


def same(a, b, rtol=3e-6, atol=3e-6):
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def test_power_is_within_a_unit_in_the_last_place():
    import numba

    @numba.njit  # not kept on disk, so it follows changes of power
    def powers(x, y):
        for i in range(x.size):
            y[i] = power(x[i])

    x = np.concatenate([np.linspace(-87.32, 0, 1 << 20), np.linspace(0, 88, 1 << 18)]).astype(F)
    y = np.empty_like(x)
    powers(x, y)
    exact = np.exp(x.astype(np.float64))
    assert (abs(y - exact) / np.spacing(exact.astype(F))).max() < 1.1
    x = np.array([0, -0.0, -np.inf, np.nan, LEAST, np.nextafter(LEAST, F(-99)), -104, -1e30], F)
    y = np.empty_like(x)
    powers(x, y)
    least = np.exp(np.float64(LEAST))
    assert abs(y[4] / least - 1) < 2e-7
    assert np.finfo(F).tiny <= y[4]
    np.testing.assert_array_equal(y[[0, 1, 2, 3, 5, 6, 7]], [1, 1, 0, np.nan, 0, 0, 0])


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_twins_agree_with_the_plain_rules_in_float64_and_with_torch(name, shape):
    cls, forward, dx = TWINS[name]
    r = np.random.default_rng(1)
    x, g = ((r.normal(size=shape) * 5).astype(F) for _ in range(2))
    op = cls(len(shape) - 1)
    y = forward(op, x)
    if not x.size:
        assert y is NotImplemented
        assert dx(op, g, x) is NotImplemented
        return
    wide = plain(cls.forward)(op, x.astype(np.float64))
    same(y, wide.astype(F))
    gx = plain(cls.dx)(op, g.astype(np.float64), wide)
    size = 1 + np.abs(g.astype(np.float64)).sum(-1).max()  # of the terms that are summed
    same(dx(op, g, y), gx.astype(F), atol=1e-6 * size)
    tx = torch.tensor(x, requires_grad=True)
    ty = getattr(torch, name)(tx, -1)
    ty.backward(torch.tensor(g))
    same(y, ty.detach().numpy())
    same(dx(op, g, y), tx.grad.numpy(), atol=1e-6 * size)


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("width", [3, 40])
def test_nan_infinities_and_wide_rows_as_plain_and_torch(name, width):
    cls, forward, dx = TWINS[name]
    rows = np.zeros((9, width), F)
    rows[0, 1], rows[1, 0], rows[2, 2], rows[3, 1] = np.nan, np.inf, -np.inf, -np.nan
    rows[4], rows[5], rows[6, 1], rows[7, 2], rows[8] = -np.inf, 1e38, 200, -100, -np.nan
    op, g = cls(1), np.ones_like(rows) + np.arange(width, dtype=F)
    y = forward(op, rows)
    with np.errstate(all="ignore"):
        same(y, plain(cls.forward)(op, rows))
        same(dx(op, g, y), plain(cls.dx)(op, g, y), rtol=1e-5)
    same(y, getattr(torch, name)(torch.tensor(rows), -1).numpy())
    assert y.flags.writeable
    assert y.flags.c_contiguous


@pytest.mark.parametrize("name", TWINS)
def test_what_the_twins_leave_to_the_plain_rules(name):
    cls, forward, dx = TWINS[name]
    x = np.zeros((4, 6), F)
    for other in (x.astype(np.float64), x.astype(np.float16), x.T, x[:, ::2], x[:0]):
        assert forward(cls(1), other) is NotImplemented
    assert forward(cls(0), x) is NotImplemented
    assert dx(cls(1), np.broadcast_to(F(1), x.shape), x) is NotImplemented
    assert dx(cls(1), x.astype(np.float64), x) is NotImplemented


def test_long_rows_lose_no_digits():
    x = np.random.default_rng(0).normal(size=(1, 1 << 20)).astype(F)
    wide = x.astype(np.float64)
    exact = np.log(np.exp(wide).sum())
    got = (x - fast.log_softmax(LogSoftmax(1), x))[0, :100]
    assert abs(got - exact).max() < 3e-6
    share = fast.softmax(Softmax(1), x)
    np.testing.assert_allclose(share, np.exp(wide - exact), rtol=1e-6)


def test_threads_change_nothing(monkeypatch):
    before = tnp.get_num_threads()
    x, g = np.random.default_rng(2).normal(size=(2, 37, 50)).astype(F)
    runs = [(fast.log_softmax, (x,)), (fast.softmax_dx, (g, x))]
    single = [f(LogSoftmax(1), *arrays) for f, arrays in runs]
    monkeypatch.setattr(threads, "THRESHOLD", 0)
    try:
        tnp.set_num_threads(3)
        parts = [f(LogSoftmax(1), *arrays) for f, arrays in runs]
    finally:
        tnp.set_num_threads(before)
    for a, b in zip(single, parts, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("transposed", [False, True])
def test_products_of_stacks_in_threads(monkeypatch, transposed):
    before, r = tnp.get_num_threads(), np.random.default_rng(3)
    a = tnp.tensor(r.normal(size=(5, 2, 3, 4)), requires_grad=True)
    b = tnp.tensor(r.normal(size=(5, 2, 6, 4) if transposed else (5, 2, 4, 6)), requires_grad=True)
    g = r.normal(size=(5, 2, 3, 6))
    monkeypatch.setattr(threads, "ALONE", 0)
    monkeypatch.setattr(threads, "THRESHOLD", 200)  # below the 1,440 flops, above those of a matrix
    counts, in_parts = [], threads.in_parts

    def counted(work, *sizes):
        results = in_parts(work, *sizes)
        if "_shared" in work.__qualname__:  # not a copy into another order
            counts.append(len(results))
        return results

    monkeypatch.setattr(threads, "in_parts", counted)
    try:
        tnp.set_num_threads(3)
        y = a @ (b.mT if transposed else b)
        y.backward(tnp.tensor(g))
    finally:
        tnp.set_num_threads(before)
    assert counts == [3, 3, 3]
    a0, b0 = a.detach().numpy(), b.detach().numpy()
    columns = b0.swapaxes(-1, -2) if transposed else b0
    np.testing.assert_allclose(y.detach().numpy(), np.einsum("xyij,xyjk->xyik", a0, columns))
    np.testing.assert_allclose(a.grad.numpy(), np.einsum("xyik,xyjk->xyij", g, columns))
    gb = np.einsum("xyij,xyik->xykj" if transposed else "xyij,xyik->xyjk", a0, g)
    np.testing.assert_allclose(b.grad.numpy(), gb)
