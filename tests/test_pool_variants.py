"""The naive pools and those by stride groups against torch: borders, ties, nan, dtypes, errors."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tinygrad_np.conv_algorithms import POOLS
from tinygrad_np.conv_algorithms.arguments import pool_geometry
from tinygrad_np.conv_algorithms.geometry import Geometry
from tinygrad_np.conv_algorithms.pooling import tap_indices

torch.set_num_threads(1)

EVERY = pytest.mark.parametrize("pools", POOLS.values(), ids=POOLS)
KERNELS = pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 2), (2, 5), (4, 3)], ids=str)
STRIDES = [None, (1, 1), (2, 3), (3, 1), (5, 4)]
WHOLLY = "a window lies wholly in the padding"


def check_max(pools, x, *arguments):
    """Values, indices, gradient and second derivative, against torch with the same arguments."""
    kernel, geometry = pool_geometry("max_pool2d", *arguments)
    tx = torch.tensor(x, requires_grad=True)
    ty, indices = F.max_pool2d(tx, *arguments, return_indices=True)
    g = np.random.default_rng(1).standard_normal(ty.shape).astype(x.dtype)
    (tgx,) = torch.autograd.grad(ty, tx, torch.tensor(g))
    y, taps = pools.max_pool(x, kernel, geometry)
    np.testing.assert_array_equal(y, ty.detach().numpy())
    np.testing.assert_array_equal(tap_indices(taps, kernel, geometry, x.shape), indices.numpy())
    gx = pools.tap_scatter(g, taps, kernel, geometry, x.shape)
    np.testing.assert_allclose(gx, tgx.numpy(), rtol=1e-12, atol=1e-14)
    flat = np.random.default_rng(2).standard_normal((*x.shape[:2], x.shape[2] * x.shape[3]))
    picked = pools.tap_pick(flat.reshape(x.shape), taps, kernel, geometry)
    expected = np.take_along_axis(flat, indices.flatten(2).numpy(), axis=2)
    np.testing.assert_array_equal(picked, expected.reshape(y.shape))


def fits(x_shape, kernel, geometry):
    """Whether there are windows, and each has an element that is no padding."""
    for axis, count in enumerate(geometry.output_size(x_shape[2:], kernel)):
        start, d = geometry.padding[axis][0], geometry.dilation[axis]
        for o in range(count):
            first = o * geometry.stride[axis] - start
            if not any(0 <= first + i * d < x_shape[2 + axis] for i in range(kernel[axis])):
                return False
        if count < 1:
            return False
    return True


@EVERY
@KERNELS
def test_the_grid_of_max_pools(pools, kernel):
    r = np.random.default_rng(0)
    pads, checked = [(0, 0), (kernel[0] // 2, kernel[1] // 2)], 0
    grid = itertools.product(STRIDES, pads, [(1, 1), (2, 1)], [False, True])
    for i, (stride, padding, dilation, ceil_mode) in enumerate(grid):
        x = r.integers(-2, 2, (i % 3, 1 + i % 2, 7 - i % 2, 5 + i % 4)).astype(np.float64)
        for special in (np.nan, -np.inf, np.inf)[: i % 4]:
            x[r.random(x.shape) < 0.2] = special
        windows = pool_geometry("max_pool2d", kernel, stride, padding, dilation, ceil_mode)
        if fits(x.shape, *windows):
            check_max(pools, x, kernel, stride, padding, dilation, ceil_mode)
            checked += 1
        else:
            with pytest.raises(RuntimeError, match=f"{WHOLLY}|Output size is too small"):
                pools.max_pool(x, *windows)
    assert checked >= 24


@EVERY
@KERNELS
def test_the_grid_of_average_pools(pools, kernel):
    pads = [(0, 0), (kernel[0] // 2, kernel[1] // 2)]
    sizes = [(True, None), (False, None), (True, 3), (False, -2)]
    grid = itertools.product(STRIDES, pads, [False, True], sizes)
    for i, (stride, padding, ceil_mode, options) in enumerate(grid):
        x = np.random.default_rng(i).standard_normal((i % 3, 1 + i % 2, 7 - i % 2, 5 + i % 4))
        tx = torch.tensor(x, requires_grad=True)
        ty = F.avg_pool2d(tx, kernel, stride, padding, ceil_mode, *options)
        g = np.random.default_rng(1).standard_normal(ty.shape)
        (tgx,) = torch.autograd.grad(ty, tx, torch.tensor(g))
        windows = pool_geometry("avg_pool2d", kernel, stride, padding, ceil_mode=ceil_mode)
        y = pools.avg_pool(x, *windows, *options)
        gx = pools.avg_pool_adjoint(g, *windows, *options, x.shape)
        np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(gx, tgx.numpy(), rtol=1e-12, atol=1e-14)


@EVERY
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.int8, np.uint8])
def test_the_dtype_is_kept(pools, dtype):
    x = np.random.default_rng(0).integers(0, 9, (2, 2, 6, 5)).astype(dtype)
    if np.dtype(dtype).kind == "i":
        x[0] = np.iinfo(dtype).min
    windows = pool_geometry("max_pool2d", 3, 2, 1)
    y, taps = pools.max_pool(x, *windows)
    ty, indices = F.max_pool2d(torch.tensor(x), 3, 2, 1, return_indices=True)
    np.testing.assert_array_equal(y, ty.numpy())
    np.testing.assert_array_equal(tap_indices(taps, *windows, x.shape), indices.numpy())
    for result in (
        y,
        pools.tap_pick(x, taps, *windows),
        pools.tap_scatter(y, taps, *windows, x.shape),
        pools.avg_pool(x, *windows),
        pools.avg_pool_adjoint(y, *windows, True, None, x.shape),
    ):
        assert result.dtype == dtype
    if np.dtype(dtype).kind == "f":
        expected = F.avg_pool2d(torch.tensor(x), 3, 2, 1).numpy()
        np.testing.assert_allclose(pools.avg_pool(x, *windows), expected, rtol=2e-3)


@EVERY
def test_the_last_nan_of_a_window_wins_and_infinite_gradients_reach_their_tap_alone(pools):
    check_max(pools, np.array([[[[1, np.nan, np.nan], [3, np.nan, 9.0]]]]), (2, 3))
    taps = np.array([[[[2]]]], np.uint8)
    gx = pools.tap_scatter(np.array([[[[np.inf]]]]), taps, (2, 2), Geometry(), (1, 1, 2, 2))
    assert gx.tolist() == [[[[0, 0], [np.inf, 0]]]]


@EVERY
def test_mistakes(pools):
    windows = pool_geometry("max_pool2d", (3, 1), (3, 1), (1, 0), (2, 1), True)
    with pytest.raises(RuntimeError, match=WHOLLY):
        pools.max_pool(np.ones((1, 1, 1, 4)), *windows)
    for name, pool in (("max_pool2d", pools.max_pool), ("avg_pool2d", pools.avg_pool)):
        with pytest.raises(TypeError, match=f"{name} takes integers or floating-point numbers"):
            pool(np.ones((1, 2, 3, 3), bool), (2, 2), Geometry())
    with pytest.raises(RuntimeError, match="divisor must be not zero"):
        pools.avg_pool(np.ones((1, 2, 3, 3)), (2, 2), Geometry(), divisor_override=0)
