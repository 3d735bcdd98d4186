"""The compiled pools against the plain ones and torch: geometry, memory order, dtype, ties, nan."""

import itertools
from importlib import import_module

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tinygrad_np import layout
from tinygrad_np.conv_algorithms import pooling
from tinygrad_np.conv_algorithms.arguments import pool_geometry

pytest.importorskip("numba")
fast = import_module("tinygrad_np.fast.pooling")

ORDERS = {"NCHW": np.ascontiguousarray, "HCWN": layout.internal}
# kernel, stride, padding, dilation, ceil_mode: 2x2 tiles, then rows, columns and strides of others
WINDOWS = [
    (2, 2),
    ((2, 2), (2, 2), (1, 0), 1, True),
    (3, 2, 1),
    (3, 1, 1),
    (1, 1),
    (1, 2),
    ((3, 2), (1, 3), (1, 1), (2, 1), True),
    ((2, 5), (3, 1), (0, 2), (1, 2)),
    ((4, 3), (2, 3), (2, 0), (1, 3), True),
    (5, 4, 2, 2),
    (6, 6),
]
SHAPES = [(2, 3, 8, 10), (20, 2, 7, 9), (1, 4, 10, 12), (17, 1, 16, 18), (0, 2, 8, 8)]


def plain(name):
    return getattr(getattr(pooling, name), "plain", getattr(pooling, name))


def drawn(shape, dtype, seed=0, specials=True):
    """Many ties, a plane of -inf, and some nan and inf."""
    r = np.random.default_rng(seed)
    x = r.integers(-2, 3, shape).astype(dtype)
    if specials and x.size:
        x[r.random(shape) < 0.05] = np.nan
        x[r.random(shape) < 0.1] = -np.inf
        x[r.random(shape) < 0.05] = np.inf
        x[0, 0] = -np.inf
        x[0, 0, ::3, ::2] = np.nan
        x[-1, -1] = np.array(-0.0)
    return x


def refusal(call):
    try:
        call()
    except RuntimeError as error:
        return str(error)
    return None


def same(ours, expected, rtol=0.0):
    assert ours.dtype == expected.dtype
    assert layout.order(ours) == layout.order(expected)
    np.testing.assert_allclose(ours, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("windows", WINDOWS, ids=str)
def test_max_pools(windows, order, dtype):
    kernel, geometry = pool_geometry("max_pool2d", *windows)
    for shape in SHAPES:
        x = ORDERS[order](drawn(shape, dtype))
        if error := refusal(lambda x=x: plain("max_pool")(x, kernel, geometry)):
            assert refusal(lambda x=x: fast.max_pool(x, kernel, geometry)) == error
            continue
        y, taps = plain("max_pool")(x, kernel, geometry)
        g = ORDERS[order](np.random.default_rng(1).standard_normal(y.shape).astype(dtype))
        gx = plain("tap_scatter")(g, taps, kernel, geometry, x.shape)
        # Sums of up to 9 gradients, in another order
        same(fast.tap_scatter(g, taps, kernel, geometry, x.shape), gx, 30 * np.finfo(dtype).eps)
        result = fast.max_pool(x, kernel, geometry)
        if result is NotImplemented:
            assert max(geometry.stride) > fast.STRIDE
            assert order == "NCHW" or len(x) < fast.LANES
            continue
        same(result[0], y)
        same(result[1], taps)
        expected, indices = F.max_pool2d(torch.tensor(x), *windows, return_indices=True)
        np.testing.assert_array_equal(result[0], expected.numpy())
        ours = pooling.tap_indices(result[1], kernel, geometry, x.shape)
        np.testing.assert_array_equal(ours, indices.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("windows", WINDOWS, ids=str)
def test_average_pools(windows, order, dtype):
    size, stride, padding, _, ceil_mode = *windows, *(0, 1, False)[len(windows) - 2 :]
    kernel, geometry = pool_geometry("avg_pool2d", size, stride, padding, 1, ceil_mode)
    for i, (include, divisor) in enumerate(itertools.product([True, False], [None, 3, -2])):
        x = drawn(SHAPES[i % len(SHAPES)], dtype)
        x = ORDERS[order](np.where(x == -np.inf, dtype(0.3), x))  # no inf - inf
        rest = kernel, geometry, include, divisor
        y = plain("avg_pool")(x, *rest)
        g = np.random.default_rng(1).standard_normal(y.shape).astype(dtype)
        g[..., :1, 1:2] = np.inf
        g = ORDERS[order](g)
        tx = torch.tensor(x, requires_grad=True)
        ty = F.avg_pool2d(tx, size, stride, padding, ceil_mode, include, divisor)
        (tgx,) = torch.autograd.grad(ty, tx, torch.tensor(g))
        ours, ours_gx = fast.avg_pool(x, *rest), fast.avg_pool_adjoint(g, *rest, x.shape)
        if ours is NotImplemented:
            assert ours_gx is NotImplemented
            assert max(geometry.stride) > fast.STRIDE
            continue
        eps = 30 * np.finfo(dtype).eps
        same(ours, y, eps)
        same(ours_gx, plain("avg_pool_adjoint")(g, *rest, x.shape), eps)
        np.testing.assert_allclose(ours, ty.detach().numpy(), rtol=eps, atol=eps)
        np.testing.assert_allclose(ours_gx, tgx.numpy(), rtol=eps, atol=eps)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("windows", WINDOWS, ids=str)
def test_two_threads_give_what_one_gives(windows, order, monkeypatch):
    def halves(work, count, flops):
        return [work(slice(0, count // 2)), work(slice(count // 2, count))]

    kernel, geometry = pool_geometry("max_pool2d", *windows[:3])
    x = ORDERS[order](drawn((17, 3, 8, 10), np.float32))
    average = np.nan_to_num(x, posinf=4, neginf=-4)

    def results():
        y, taps = plain("max_pool")(x, kernel, geometry)
        g = np.nan_to_num(y, posinf=4, neginf=-4)
        yield from (
            (y, taps) if (both := fast.max_pool(x, kernel, geometry)) is NotImplemented else both
        )
        yield fast.tap_scatter(g, taps, kernel, geometry, x.shape)
        yield fast.avg_pool(average, kernel, geometry)
        yield fast.avg_pool_adjoint(g, kernel, geometry, True, None, x.shape)

    expected = list(results())
    monkeypatch.setattr(fast, "in_parts", halves)
    for ours, whole in zip(results(), expected, strict=True):
        if whole is not NotImplemented:
            np.testing.assert_array_equal(ours, whole)


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.uint8])
def test_other_dtypes_are_left_to_numpy(dtype):
    x = np.ones((2, 3, 4, 4), dtype)
    kernel, geometry = pool_geometry("max_pool2d", 2)
    y, taps = plain("max_pool")(x, kernel, geometry)
    assert fast.max_pool(x, kernel, geometry) is NotImplemented
    assert fast.tap_scatter(y, taps, kernel, geometry, x.shape) is NotImplemented
    assert fast.avg_pool(x, kernel, geometry) is NotImplemented
    rest = geometry, True, None, x.shape
    assert fast.avg_pool_adjoint(y, kernel, *rest) is NotImplemented


@pytest.mark.parametrize("windows", [(2, 2), (3, 1)], ids=str)
def test_a_divisor_of_zero(windows):
    kernel, geometry = pool_geometry("avg_pool2d", *windows)
    with pytest.raises(RuntimeError, match="divisor must be not zero"):
        fast.avg_pool(np.ones((2, 2, 4, 4)), kernel, geometry, divisor_override=0)


def test_the_twins_are_in_use(monkeypatch):
    """A large pool does go through the compiled function."""
    seen = []
    real = fast._split
    monkeypatch.setattr(fast, "_split", lambda *args: (seen.append(args[0]), real(*args)))
    x = np.ones((8, 4, 16, 16), np.float32)
    kernel, geometry = pool_geometry("max_pool2d", 2)
    pooling.max_pool(x, kernel, geometry)
    pooling.avg_pool(x, kernel, geometry)
    assert len(seen) == (2 if hasattr(pooling.max_pool, "plain") else 0)
