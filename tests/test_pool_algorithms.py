"""Pooling on plain arrays against torch: values, taps, indices, adjoints, borders, ties, nan."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tinygrad_np import layout
from tinygrad_np.conv_algorithms.arguments import pool_geometry
from tinygrad_np.conv_algorithms.geometry import Geometry
from tinygrad_np.conv_algorithms.pooling import (
    avg_pool,
    avg_pool_adjoint,
    max_pool,
    tap_indices,
    tap_pick,
    tap_scatter,
)

NAN, INF = np.nan, np.inf


def check_max(x, *arguments):
    """All functions of max pooling, against torch with the same arguments."""
    kernel, geometry = pool_geometry("max_pool2d", *arguments)
    tx = torch.tensor(x, requires_grad=True)
    ty, indices = F.max_pool2d(tx, *arguments, return_indices=True)
    g = np.random.default_rng(1).standard_normal(ty.shape)
    (tgx,) = torch.autograd.grad(ty, tx, torch.tensor(g))
    y, taps = max_pool(x, kernel, geometry)
    np.testing.assert_array_equal(y, ty.detach().numpy())
    np.testing.assert_array_equal(tap_indices(taps, kernel, geometry, x.shape), indices.numpy())
    gx = tap_scatter(g, taps, kernel, geometry, x.shape)
    np.testing.assert_allclose(gx, tgx.numpy(), rtol=1e-12, atol=1e-14)
    flat = np.random.default_rng(2).standard_normal((*x.shape[:2], x.shape[2] * x.shape[3]))
    picked = tap_pick(flat.reshape(x.shape), taps, kernel, geometry)
    expected = np.take_along_axis(flat, indices.flatten(2).numpy(), axis=2)
    np.testing.assert_array_equal(picked, expected.reshape(y.shape))


def check_avg(x, kernel, stride, padding, ceil_mode, include, divisor):
    tx = torch.tensor(x, requires_grad=True)
    ty = F.avg_pool2d(tx, kernel, stride, padding, ceil_mode, include, divisor)
    kernel, geometry = pool_geometry("avg_pool2d", kernel, stride, padding, ceil_mode=ceil_mode)
    g = np.random.default_rng(1).standard_normal(ty.shape)
    (tgx,) = torch.autograd.grad(ty, tx, torch.tensor(g))
    y = avg_pool(x, kernel, geometry, include, divisor)
    gx = avg_pool_adjoint(g, kernel, geometry, include, divisor, x.shape)
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gx, tgx.numpy(), rtol=1e-12, atol=1e-14)


def accepted(x, *arguments):
    """Whether torch takes it, and no window lies wholly in the padding."""
    kernel, geometry = pool_geometry("max_pool2d", *arguments)
    try:
        max_pool(x, kernel, geometry)
    except RuntimeError as error:
        wholly = "wholly in the padding" in str(error)
        if not wholly:
            with pytest.raises(RuntimeError, match="Output size is too small"):
                F.max_pool2d(torch.tensor(x), *arguments)
        return False
    return True


def tied(shape, seed=0):
    """Few different numbers: most windows have ties."""
    return np.random.default_rng(seed).integers(-2, 2, shape).astype(np.float64)


SIZES = [(7, 8), (6, 5)]
KERNELS = [(1, 1), (2, 2), (3, 2), (2, 5), (4, 3)]
STRIDES = [None, (1, 1), (2, 3), (3, 1), (5, 4)]


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_the_grid_of_max_pools(kernel):
    pads = [(0, 0), (kernel[0] // 2, kernel[1] // 2)]
    grid = itertools.product(STRIDES, pads, [(1, 1), (2, 1)], [False, True], SIZES)
    for i, (stride, padding, dilation, ceil_mode, size) in enumerate(grid):
        x = tied((i % 3, 1 + i % 2, *size))
        if accepted(x, kernel, stride, padding, dilation, ceil_mode):
            check_max(x, kernel, stride, padding, dilation, ceil_mode)


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_the_grid_of_average_pools(kernel):
    pads = [(0, 0), (kernel[0] // 2, kernel[1] // 2)]
    grid = itertools.product(STRIDES, pads, [False, True], [True, False], [None, 3, -2], SIZES)
    for i, (stride, padding, ceil_mode, include, divisor, size) in enumerate(grid):
        x = np.random.default_rng(i).standard_normal((i % 3, 1 + i % 2, *size))
        check_avg(x, kernel, stride, padding, ceil_mode, include, divisor)


@st.composite
def pools(draw):
    def pair(low, high):
        return draw(st.tuples(*[st.integers(low, high)] * 2))

    kernel = pair(1, 6)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    x = tied((draw(st.integers(1, 3)), draw(st.integers(1, 3)), *pair(1, 11)))
    for special in (NAN, -INF, INF):
        share = draw(st.sampled_from([0, 0, 0.1, 0.6]))
        x[np.random.default_rng(draw(st.integers(0, 9))).random(x.shape) < share] = special
    stride = draw(st.one_of(st.none(), st.tuples(*[st.integers(1, 7)] * 2)))
    return x, kernel, stride, padding, pair(1, 3), draw(st.booleans())


@given(drawn=pools())
@settings(max_examples=150, deadline=None, print_blob=True, database=None)
def test_drawn_max_pools_with_nan_and_infinities(drawn):
    assume(accepted(*drawn))
    check_max(*drawn)


@given(pools(), st.booleans(), st.sampled_from([None, None, 1, 5, -3]))
@settings(max_examples=150, deadline=None, print_blob=True, database=None)
def test_drawn_average_pools(drawn, include, divisor):
    x, kernel, stride, padding, _, ceil_mode = drawn
    assume(accepted(x, kernel, stride, padding, 1, ceil_mode))
    check_avg(np.nan_to_num(x, posinf=4, neginf=-4), *drawn[1:4], ceil_mode, include, divisor)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.int8, np.uint8])
def test_max_pooling_keeps_the_dtype(dtype):
    x = np.random.default_rng(0).integers(0, 9, (2, 3, 7, 6)).astype(dtype)
    if np.dtype(dtype).kind == "i":
        x[0] = np.iinfo(dtype).min
    kernel, geometry = pool_geometry("max_pool2d", 3, 2, 1)
    y, taps = max_pool(x, kernel, geometry)
    ty, indices = F.max_pool2d(torch.tensor(x), 3, 2, 1, return_indices=True)
    assert y.dtype == dtype
    assert tap_pick(x, taps, kernel, geometry).dtype == dtype
    assert tap_scatter(y, taps, kernel, geometry, x.shape).dtype == dtype
    np.testing.assert_array_equal(y, ty.numpy())
    np.testing.assert_array_equal(tap_indices(taps, kernel, geometry, x.shape), indices.numpy())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_average_pooling_keeps_the_dtype(dtype):
    x = (np.random.default_rng(0).standard_normal((2, 3, 7, 6)) * 9).astype(dtype)
    kernel, geometry = pool_geometry("avg_pool2d", 3, 2, 1)
    y = avg_pool(x, kernel, geometry)
    assert y.dtype == dtype
    assert avg_pool_adjoint(y, kernel, geometry, True, None, x.shape).dtype == dtype
    expected = F.avg_pool2d(torch.tensor(x), 3, 2, 1).numpy()
    eps = np.finfo(dtype).eps if np.dtype(dtype).kind == "f" else 0
    np.testing.assert_allclose(y, expected, rtol=2 * eps, atol=9 * eps)  # x has numbers around 9


def broadcast(x):
    """As the gradient of a sum is: one value, all strides 0."""
    return np.broadcast_to(x.flat[0], x.shape)


@pytest.mark.parametrize(
    "place",
    [
        np.ascontiguousarray,
        layout.internal,
        lambda x: np.ascontiguousarray(x.transpose(1, 3, 2, 0)).transpose(3, 0, 2, 1),
        lambda x: x.repeat(2, axis=0).repeat(2, axis=3)[::2, :, :, ::2],
        lambda x: np.ascontiguousarray(x[::-1, :, ::-1, ::-1])[::-1, :, ::-1, ::-1],
        broadcast,
    ],
    ids=["NCHW", "HCWN", "CWHN", "every second", "backwards", "broadcast"],
)
def test_any_memory_order_of_read_only_arrays(place):
    kernel, geometry = pool_geometry("max_pool2d", 3, 2, 1)
    x, g = place(tied((2, 3, 7, 6))), place(tied((2, 3, 4, 3), seed=1))
    copies = [np.array(a, order="C") for a in (x, g)]
    _, taps = max_pool(x, kernel, geometry)

    def results(x, g, taps):
        yield from max_pool(x, kernel, geometry)
        yield tap_pick(x, taps, kernel, geometry)
        yield tap_scatter(g, taps, kernel, geometry, x.shape)
        yield tap_indices(taps, kernel, geometry, x.shape)
        yield avg_pool(x, kernel, geometry)
        yield avg_pool_adjoint(g, kernel, geometry, True, None, x.shape)

    for a in (x, g):
        a.flags.writeable = False
    expected = results(*copies, np.array(taps, order="C"))
    placed = results(x, g, taps if place is broadcast else place(taps))
    for ours, same in zip(placed, expected, strict=True):
        np.testing.assert_array_equal(ours, same)
        assert np.shares_memory(layout.kept(ours), ours)
        assert layout.is_internal(ours) or place is np.ascontiguousarray
    for a, copy in zip((x, g), copies, strict=True):
        np.testing.assert_array_equal(a, copy)


def test_taps_take_one_byte_up_to_16x16():
    x = np.zeros((1, 1, 20, 20))
    for kernel, dtype in ((16, np.uint8), (17, np.uint16)):
        x[...] = 0
        x[0, 0, kernel - 1, kernel - 1] = 1
        _, taps = max_pool(x, *pool_geometry("max_pool2d", kernel))
        assert taps.dtype == dtype
        assert taps.item() == kernel * kernel - 1


def test_an_infinite_gradient_reaches_its_tap_alone():
    g = np.array([[[[INF]]]])
    taps = np.array([[[[2]]]], np.uint8)
    gx = tap_scatter(g, taps, (2, 2), Geometry(), (1, 1, 2, 2))
    assert gx.tolist() == [[[[0, 0], [INF, 0]]]]


def test_the_last_nan_of_a_window_wins_as_in_torch():
    x = np.array([[[[1, NAN, NAN], [3, NAN, 9.0]]]])
    y, taps = max_pool(x, (2, 3), Geometry())
    _, index = F.max_pool2d(torch.tensor(x), (2, 3), return_indices=True)
    assert np.isnan(y.item())
    assert taps.item() == index.item() == 4


# Regressions of published NumPy networks.


def test_e2_padding_never_wins_against_negative_numbers():
    x = np.full((1, 1, 2, 2), -2.0)
    kernel, geometry = pool_geometry("max_pool2d", 2, 2, 1)
    y, taps = max_pool(x, kernel, geometry)
    assert y.tolist() == [[[[-2, -2], [-2, -2]]]]
    gx = tap_scatter(np.ones_like(y), taps, kernel, geometry, x.shape)
    assert gx.tolist() == [[[[1, 1], [1, 1]]]]


def test_e5_an_odd_input_gets_a_gradient_of_its_own_size():
    kernel, geometry = pool_geometry("avg_pool2d", 2)
    y = avg_pool(np.ones((1, 1, 7, 7)), kernel, geometry)
    gx = avg_pool_adjoint(np.ones_like(y), kernel, geometry, True, None, (1, 1, 7, 7))
    assert y.shape == (1, 1, 3, 3)
    assert gx.shape == (1, 1, 7, 7)
    assert (gx[..., :6, :6] == 0.25).all()
    assert gx.sum() == 9


def test_e12_of_ties_the_first_gets_the_gradient():
    x = np.ones((1, 1, 4, 4))
    kernel, geometry = pool_geometry("max_pool2d", 2)
    _, taps = max_pool(x, kernel, geometry)
    gx = tap_scatter(np.ones((1, 1, 2, 2)), taps, kernel, geometry, x.shape)
    assert gx.sum() == 4
    assert (gx[..., ::2, ::2] == 1).all()


def test_e18_overlapping_windows_add_up_and_a_nan_window_has_its_own_maximum():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 5
    _, taps = max_pool(x, (2, 2), Geometry())
    gx = tap_scatter(np.ones((1, 1, 2, 2)), taps, (2, 2), Geometry(), x.shape)
    assert gx[0, 0, 1, 1] == 4
    shares = avg_pool_adjoint(np.ones((1, 1, 2, 2)), (2, 2), Geometry(), True, None, x.shape)
    assert shares.tolist() == [[[[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]]]
    check_max(np.array([[[[1.0, 4, NAN, NAN], [2, 3, NAN, NAN]]]]), 2)


def test_a7_padding_counts_in_the_mean_unless_told_otherwise():
    kernel, geometry = pool_geometry("avg_pool2d", 2, 2, 1)
    x = np.ones((1, 1, 2, 2))
    assert (avg_pool(x, kernel, geometry) == 0.25).all()
    assert (avg_pool(x, kernel, geometry, count_include_pad=False) == 1).all()


def test_a_window_wholly_in_the_padding():
    kernel, geometry = pool_geometry("max_pool2d", (3, 1), (3, 1), (1, 0), (2, 1), True)
    text = (
        "a window lies wholly in the padding, with kernel size 3, dilation 2, padding 1 and "
        "input size 1"
    )
    with pytest.raises(RuntimeError, match=text):
        max_pool(np.ones((1, 1, 1, 4)), kernel, geometry)


@pytest.mark.parametrize("dtype", [bool, complex])
def test_pools_take_numbers(dtype):
    x = np.ones((1, 2, 3, 3), dtype)
    for name, pool in (("max_pool2d", max_pool), ("avg_pool2d", avg_pool)):
        text = rf"{name} takes integers or floating-point numbers, but got {x.dtype}"
        with pytest.raises(TypeError, match=text):
            pool(x, (2, 2), Geometry())


def test_a_divisor_of_zero():
    for pool in (
        lambda x: avg_pool(x, (2, 2), Geometry(), divisor_override=0),
        lambda x: F.avg_pool2d(torch.tensor(x), 2, 1, divisor_override=0),
    ):
        with pytest.raises(RuntimeError, match="divisor must be not zero"):
            pool(np.ones((1, 2, 3, 3)))
