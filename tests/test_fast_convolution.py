"""The compiled convolution and copies: against torch in float64, and a plain assignment."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from tinygrad_np import layout, threads
from tinygrad_np.conv_algorithms import row_fused
from tinygrad_np.conv_algorithms.geometry import Geometry
from tinygrad_np.fast import blocks, convolution, copies
from tinygrad_np.ops.conv import Conv2d

torch.set_num_threads(1)
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
WIDE = pytest.mark.skipif(not blocks.WIDE, reason="BLAS does these where vectors are short")

ONE_GROUP = {
    "same": ((16, 3, 6, 7), (5, 3, 3, 3), Geometry(padding=((1, 1), (1, 1)))),
    "1x1": ((16, 40, 3, 3), (20, 40, 1, 1), Geometry()),
    "1x1 strided": ((16, 4, 5, 5), (8, 4, 1, 1), Geometry((2, 3))),
    "k in blocks, the last vectors repeated": ((5, 40, 6, 9), (11, 40, 3, 2), Geometry()),
    "batch 1": ((1, 6, 9, 37), (9, 6, 3, 5), Geometry(padding=((1, 1), (2, 2)))),
    "stride": ((16, 3, 9, 10), (4, 3, 4, 3), Geometry((2, 3), ((2, 1), (1, 0)))),
    "stride beyond the kernel": ((16, 2, 9, 9), (3, 2, 2, 2), Geometry((3, 4))),
    "dilation": ((8, 4, 12, 13), (7, 4, 3, 3), Geometry((1, 2), ((2, 2), (1, 3)), (2, 3))),
    "wide padding": ((16, 2, 3, 3), (2, 2, 3, 3), Geometry(padding=((4, 4), (4, 4)))),
    "fewer rows": ((16, 2, 6, 7), (2, 2, 2, 3), Geometry((1, 2), ((0, -1), (1, -1)), (2, 1))),
    "one filter, k in blocks": ((16, 16, 6, 7), (1, 16, 3, 3), Geometry()),
    "six filters": ((16, 5, 6, 7), (6, 5, 3, 3), Geometry(padding=((1, 1), (1, 1)))),
    "six filters, k in blocks": ((16, 16, 6, 7), (6, 16, 3, 3), Geometry()),
    "one filter": ((70, 3, 4, 4), (1, 3, 2, 2), Geometry()),
    "many filters": ((4, 33, 5, 6), (67, 33, 2, 2), Geometry(padding=((1, 1), (0, 1)))),
    "many filters, the last half a vector": ((17, 29, 4, 4), (44, 29, 3, 3), Geometry((2, 1))),
    "one channel": ((7, 1, 9, 9), (6, 1, 5, 5), Geometry(padding=((2, 2), (2, 2)))),
}
GROUPS = {
    "depthwise": ((16, 6, 8, 9), (6, 1, 3, 3), Geometry(padding=((1, 1), (1, 1)), groups=6)),
    "depthwise, two each": ((16, 3, 7, 7), (6, 1, 3, 2), Geometry((2, 2), groups=3)),
    "groups of many filters": ((5, 30, 7, 9), (64, 15, 3, 3), Geometry((1, 2), groups=2)),
    "groups": ((16, 8, 6, 5), (20, 4, 3, 3), Geometry((2, 1), ((1, 1), (1, 1)), (1, 2), 2)),
}
CASES = [pytest.param(*case, id=name, marks=WIDE) for name, case in ONE_GROUP.items()]
CASES += [pytest.param(*case, id=name) for name, case in GROUPS.items()]


def problem(x_shape, w_shape, geometry, dtype):
    """x, w, g, and torch's y, gx, gw in float64."""
    r = np.random.default_rng(0)
    x, w = (r.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape))
    tx, tw = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, w))
    (top, bottom), (left, right) = geometry.padding
    padded = torch.nn.functional.pad(tx, (left, right, top, bottom))
    options = geometry.stride, 0, geometry.dilation, geometry.groups
    y = torch.nn.functional.conv2d(padded, tw, None, *options)
    g = r.standard_normal(y.shape).astype(dtype)
    gx, gw = torch.autograd.grad(y, (tx, tw), torch.tensor(g, dtype=torch.float64))
    return (x, w, g), [t.detach().numpy() for t in (y, gx, gw)]


def results(x, w, g, geometry):
    y, hint = convolution.forward(x, w, geometry)
    gx = convolution.input_grad(g, w, geometry, x.shape)
    return y, gx, convolution.weight_grad(x, g, geometry, w.shape, hint)


def assert_close(ours, expected, dtype):
    for name, a, b in zip(("y", "gx", "gw"), ours, expected, strict=True):
        assert a.dtype == dtype, name
        bound = np.finfo(dtype).eps * 8 * max(1, np.abs(b).max())
        np.testing.assert_allclose(a, b, rtol=0, atol=bound, err_msg=name)


@FLOATS
@pytest.mark.parametrize(("x_shape", "w_shape", "geometry"), CASES)
def test_the_triangle_is_that_of_torch(x_shape, w_shape, geometry, dtype):
    (x, w, g), expected = problem(x_shape, w_shape, geometry, dtype)
    assert_close(results(x, w, g, geometry), expected, dtype)
    internal = results(layout.internal(x), w, layout.internal(g), geometry)
    assert_close(internal, expected, dtype)
    assert layout.is_internal(internal[0])
    assert layout.is_internal(internal[1])
    gw = convolution.weight_grad(x, g, geometry, w_shape)
    np.testing.assert_array_equal(gw, internal[2])


@pytest.mark.parametrize(("x_shape", "w_shape", "geometry"), CASES[-3:])
def test_the_plain_rule_does_the_same(x_shape, w_shape, geometry):
    plain = [getattr(f, "plain", f) for f in (row_fused.forward, row_fused.input_grad)]
    (x, w, g), _ = problem(x_shape, w_shape, geometry, np.float64)
    y, gx, _ = results(x, w, g, geometry)
    np.testing.assert_allclose(plain[0](x, w, geometry)[0], y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(plain[1](g, w, geometry, x_shape), gx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_go_where_they_are_met(bad):
    geometry = Geometry(padding=((1, 1), (1, 1)), groups=2)
    (x, w, g), _ = problem((5, 4, 6, 7), (6, 2, 3, 3), geometry, np.float32)
    x[3, 1, 2, 5] = bad  # not where it meets padding: whether 0 * nan counts there is left open
    g[4, 2, 3, 5] = bad
    tx, tw = (torch.tensor(a, requires_grad=True) for a in (x, w))
    y = torch.nn.functional.conv2d(tx, tw, None, 1, 1, 1, 2)
    gx, gw = torch.autograd.grad(y, (tx, tw), torch.tensor(g))
    for ours, theirs in zip(results(x, w, g, geometry), (y, gx, gw), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-4, atol=1e-4)


def test_what_is_left_to_the_plain_rule():
    x, w, geometry = np.ones((16, 2, 4, 4), "f"), np.ones((2, 1, 2, 2), "f"), Geometry(groups=2)
    for a, b in [
        (x.astype(np.float16), w.astype(np.float16)),
        (x, w.astype(np.float64)),
        (x[:0], w),
        (x[:1], w),  # rows shorter than a vector
    ]:
        assert convolution.forward(a, b, geometry) is NotImplemented
    _, hint = getattr(row_fused.forward, "plain", row_fused.forward)(x, w, geometry)
    g = np.ones((16, 2, 3, 3), "f")
    assert convolution.weight_grad(x, g, geometry, w.shape, hint) is NotImplemented


def test_threads_share_the_rows(monkeypatch):
    geometry = Geometry((2, 1), ((1, 1), (1, 1)), groups=2)
    (x, w, g), expected = problem((16, 8, 11, 9), (20, 4, 3, 3), geometry, np.float64)
    monkeypatch.setattr(threads, "THRESHOLD", 0)
    before = threads.get_num_threads()
    threads.set_num_threads(3)
    try:
        assert_close(results(x, w, g, geometry), expected, np.float64)
    finally:
        threads.set_num_threads(before)


@FLOATS
@pytest.mark.parametrize("shape", [(16, 5, 14, 9), (300, 2, 3, 8), (9, 1, 8, 31), (3, 2, 9, 9)])
def test_copies_of_both_orders(shape, dtype):
    x = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    internal = x.transpose(2, 1, 3, 0)
    for a in (
        internal, internal[:, :, ::-1], internal[..., ::-1], internal[::-1, ::-1],
        x[::-1].transpose(3, 2, 0, 1), x[:, :, :, ::2], x[:0],
    ):  # fmt: skip
        copy = copies.copied(a)
        assert copy.flags.c_contiguous
        np.testing.assert_array_equal(copy, a)
        back = copies.copied(copy.transpose(3, 1, 0, 2))
        np.testing.assert_array_equal(back, a.transpose(3, 1, 0, 2))
    constant = np.broadcast_to(x[:, :, :1, :1], shape)
    np.testing.assert_array_equal(copies.copied(constant), constant)
    assert copies.copied(x.astype(np.int32)) is NotImplemented


@FLOATS
@pytest.mark.parametrize(("x_shape", "w_shape", "geometry"), CASES)
def test_the_bias_is_added_once(x_shape, w_shape, geometry, dtype):
    (x, w, _), _ = problem(x_shape, w_shape, geometry, dtype)
    b = np.random.default_rng(1).standard_normal(2 * len(w)).astype(dtype)[::2]
    op, plain = Conv2d(geometry), convolution.forward(x, w, geometry)[0]
    y = convolution.conv2d(op, x, w, b)
    assert op.algorithm == "row_fused"
    np.testing.assert_allclose(y, plain + b[:, None, None], rtol=1e-5, atol=1e-5)
    for wrong in (None, b[:-1], b[None], b.astype(np.float16), np.append(b, b[:1])):
        assert convolution.conv2d(Conv2d(geometry), x, w, wrong) is NotImplemented
    assert convolution.conv2d(Conv2d(geometry, "im2col"), x, w, b) is NotImplemented


@WIDE
def test_long_sums_of_weights_lose_few_digits():
    geometry = Geometry(padding=((1, 1), (1, 1)))
    (x, w, g), (_, _, gw) = problem((16, 15, 64, 64), (32, 15, 3, 3), geometry, np.float32)
    error = convolution.weight_grad(x, g, geometry, w.shape) - gw
    # 65,536 products each: added one by one, as by torch, they are off by 4e-6.
    assert np.sqrt((error**2).mean() / (gw**2).mean()) < 1e-6
