"""Every convolution algorithm against torch: values, both gradients, layouts, dtypes, errors."""

import itertools
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tinygrad_np import layout
from tinygrad_np.conv_algorithms import ALGORITHMS, row_fused
from tinygrad_np.conv_algorithms.geometry import Geometry

torch.set_num_threads(1)

EVERY = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
FASTER = {name: a for name, a in ALGORITHMS.items() if name != "naive"}
FAST = pytest.mark.parametrize("algorithm", FASTER.values(), ids=FASTER)
HINTING = {name: a for name, a in FASTER.items() if name != "stride_groups"}


def problem(x_shape, w_shape, geometry, dtype=np.float64, seed=0):
    """x, w, g, and torch's y, gx, gw in float64."""
    r = np.random.default_rng(seed)
    x, w = (r.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape))
    tx, tw = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, w))
    (top, bottom), (left, right) = geometry.padding
    padded = F.pad(tx, (left, right, top, bottom))
    y = F.conv2d(padded, tw, None, geometry.stride, 0, geometry.dilation, geometry.groups)
    g = r.standard_normal(y.shape).astype(dtype)
    gx, gw = torch.autograd.grad(y, (tx, tw), torch.tensor(g, dtype=torch.float64))
    return (x, w, g), tuple(t.detach().numpy() for t in (y, gx, gw))


def run(algorithm, x, w, g, geometry):
    y, hint = algorithm.forward(x, w, geometry)
    gw = algorithm.weight_grad(x, g, geometry, w.shape, hint)
    np.testing.assert_array_equal(gw, algorithm.weight_grad(x, g, geometry, w.shape))
    return y, algorithm.input_grad(g, w, geometry, x.shape), gw


def check(algorithm, x_shape, w_shape, geometry):
    arrays, expected = problem(x_shape, w_shape, geometry)
    results = zip(["y", "gx", "gw"], run(algorithm, *arrays, geometry), expected, strict=True)
    for name, ours, torchs in results:
        where = f"{name} of x {x_shape}, w {w_shape}, {geometry}"
        np.testing.assert_allclose(ours, torchs, rtol=1e-10, atol=1e-12, err_msg=where)


def even(top, left):
    return (top, top), (left, left)


@EVERY
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 2), (4, 4), (5, 1), (1, 4)], ids=str)
def test_the_grid_of_strides_paddings_dilations_and_groups(algorithm, kernel):
    strides, dilations = [(1, 1), (1, 2), (2, 3), (5, 1)], [(1, 1), (2, 1), (3, 2)]
    paddings = [even(0, 0), even(1, 2), even(4, 1), ((0, 3), (2, 0))]
    channels = [(1, 3, 2), (2, 2, 2), (3, 1, 1), (2, 1, 3)]  # groups, c and f of a group
    grid = itertools.product(strides, paddings, dilations)
    for i, (stride, padding, dilation) in enumerate(grid):
        groups, c, f = channels[i % 4]
        geometry = Geometry(stride, padding, dilation, groups)
        size = 6 + i % 3, 7 + i % 2
        if min(geometry.output_size(size, kernel)) > 0:
            check(algorithm, (2, groups * c, *size), (groups * f, c, *kernel), geometry)


@EVERY
def test_kernels_one_wide_or_high_without_padding(algorithm):
    for kernel in (1, 1), (3, 1), (1, 3):
        for groups, stride, dilation in itertools.product((1, 2), (1, 2), (1, 2)):
            geometry = Geometry((stride, 1), dilation=(dilation, 1), groups=groups)
            check(algorithm, (2, 4, 7, 5), (2, 4 // groups, *kernel), geometry)


@st.composite
def problems(draw):
    def pair(low, high):
        return draw(st.tuples(*[st.integers(low, high)] * 2))

    groups, c, f, n = (draw(st.integers(low, 3)) for low in (1, 1, 1, 0))
    kernel, size = pair(1, 6), pair(1, 12)
    geometry = Geometry(pair(1, 7), (pair(0, 5), pair(0, 5)), pair(1, 5), groups)
    short = [e - s for e, s in zip(geometry.extent(kernel), geometry.padded(size), strict=True)]
    size = tuple(s + max(0, more) for s, more in zip(size, short, strict=True))
    return (n, groups * c, *size), (groups * f, c, *kernel), geometry


@FAST
@given(drawn=problems())
@settings(max_examples=60, deadline=None, print_blob=True, database=None)
def test_drawn_problems(algorithm, drawn):
    check(algorithm, *drawn)


@EVERY
def test_a_window_computed_by_hand(algorithm):
    x = np.arange(1.0, 17).reshape(1, 1, 4, 4)
    w = np.array([[[[1.0, 0], [0, -1]]], [[[0.0, 2], [0, 0]]]])
    y, _ = algorithm.forward(x, w, Geometry(stride=(2, 2)))
    assert y.tolist() == [[[[-5, -5], [-5, -5]], [[4, 8], [20, 24]]]]


def broadcast(x):
    """As the gradient of a sum is: one value, all strides 0."""
    return np.broadcast_to(x.flat[0], x.shape)


LAYOUTS = {
    "NCHW": np.ascontiguousarray,
    "HCWN": layout.internal,
    "CHWN": lambda x: np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2),
    "NHWC": lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "every second": lambda x: x.repeat(2, axis=0).repeat(2, axis=3)[::2, :, :, ::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1, :, ::-1, ::-1])[::-1, :, ::-1, ::-1],
    "broadcast": broadcast,
}


@EVERY
@pytest.mark.parametrize("kernel", [(3, 2), (1, 1)], ids=["3x2", "1x1"])
@pytest.mark.parametrize("place", LAYOUTS.values(), ids=LAYOUTS)
def test_any_memory_order_of_read_only_arrays(algorithm, place, kernel):
    for padding, groups in (((0, 1), (2, 0)), 1), (((0, 0), (0, 0)), 2):
        geometry = Geometry((2, 1), padding, (2, 1), groups)
        (x, w, g), _ = problem((2, 4, 7, 6), (6, 4 // groups, *kernel), geometry)
        placed = [place(a) for a in (x, w, g)]
        copies = [np.array(a, order="C") for a in placed]
        for a in placed:
            a.flags.writeable = False
        expected = run(algorithm, *copies, geometry)
        for ours, same in zip(run(algorithm, *placed, geometry), expected, strict=True):
            np.testing.assert_allclose(ours, same, rtol=1e-12, atol=1e-12)
        for a, copy in zip(placed, copies, strict=True):
            np.testing.assert_array_equal(a, copy)


@EVERY
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_is_kept(algorithm, dtype):
    geometry = Geometry((1, 2), even(1, 1), (1, 1), 2)
    arrays, expected = problem((2, 4, 6, 5), (4, 2, 3, 3), geometry, dtype)
    eps = float(np.finfo(dtype).eps)
    for ours, torchs in zip(run(algorithm, *arrays, geometry), expected, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, torchs, rtol=16 * eps, atol=32 * eps)


@EVERY
@pytest.mark.parametrize(("n", "c"), [(0, 2), (2, 0), (0, 0)])
def test_no_images_or_no_channels(algorithm, n, c):
    geometry = Geometry((2, 1), even(1, 1), (2, 1))
    x, w, g = np.ones((n, c, 7, 6)), np.ones((3, c, 3, 2)), np.ones((n, 3, 3, 7))
    y, gx, gw = run(algorithm, x, w, g, geometry)
    assert (y.shape, gx.shape, gw.shape) == (g.shape, x.shape, w.shape)
    assert not y.any()
    assert not gw.any()


def test_row_fused_keeps_the_internal_order():
    geometry = Geometry((2, 1), even(1, 1), (1, 2), 2)
    (x, w, g), _ = problem((3, 4, 7, 6), (6, 2, 3, 2), geometry)
    y, gx, gw = run(row_fused, x, w, g, geometry)
    assert layout.is_internal(y)
    assert layout.is_internal(gx)
    assert gw.flags.c_contiguous


@pytest.mark.parametrize("groups", [1, 2])
def test_a_1x1_convolution_copies_nothing(groups):
    x = layout.internal(np.ones((3, 4, 7, 6)))
    _, hint = row_fused.forward(x, np.ones((2, 4 // groups, 1, 1)), Geometry(groups=groups))
    assert all(np.shares_memory(rows, x) for rows in hint)


@pytest.mark.parametrize("algorithm", HINTING.values(), ids=HINTING)
def test_the_hint_saves_reading_x_again(algorithm):
    geometry = Geometry((2, 1), even(1, 1), (2, 1))
    (x, w, g), (_, _, gw) = problem((2, 3, 7, 6), (4, 3, 3, 2), geometry)
    _, hint = algorithm.forward(x, w, geometry)
    unread = np.full_like(x, np.nan)
    ours = algorithm.weight_grad(unread, g, geometry, w.shape, hint)
    np.testing.assert_allclose(ours, gw, rtol=1e-10, atol=1e-12)


@EVERY
def test_every_algorithm_checks_the_shapes(algorithm):
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 2 channels instead"):
        algorithm.forward(np.ones((1, 2, 5, 5)), np.ones((1, 3, 3, 3)), Geometry())


# Regressions of published NumPy networks.


@EVERY
def test_e8_filters_differ_from_channels_padding_counts_once_and_calls_agree(algorithm):
    for c, f in (1, 4), (4, 1):
        check(algorithm, (2, c, 5, 5), (f, c, 3, 3), Geometry(padding=even(1, 1)))
    (x, w, _), _ = problem((2, 3, 5, 5), (4, 3, 3, 3), geometry := Geometry(padding=even(1, 1)))
    first, again = (algorithm.forward(x, w, geometry)[0] for _ in range(2))
    assert first.shape == (2, 4, 5, 5)
    np.testing.assert_array_equal(first, again)


@EVERY
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_e9_every_stride_up_to_beyond_the_kernel(algorithm, k):
    for s, p in itertools.product(range(1, k + 3), {0, 1, k - 1}):
        check(algorithm, (1, 2, 7, 7), (1, 2, k, k), Geometry((s, s), even(p, p)))


@FAST
def test_e6_no_outer_product_per_position(algorithm):
    x, w = np.zeros((64, 6, 14, 14), np.float32), np.zeros((16, 6, 5, 5), np.float32)
    g, geometry = np.zeros((64, 16, 10, 10), np.float32), Geometry()
    columns = 4 * 150 * 6400  # bytes; the outer products of all positions take 16 times that
    _, hint = algorithm.forward(x, w, geometry)
    tracemalloc.start()
    algorithm.weight_grad(x, g, geometry, w.shape, hint)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < columns
