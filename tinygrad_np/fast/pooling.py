"""Max and average pooling, compiled: the functions of conv_algorithms/pooling.py.

Memory is (P, H, M, W, I) in both orders: P = N * C and I = 1, or M = C and I = N. Where I is large,
loops run over I, once for each window and position in the kernel. Else they run over planes
(H, W * I) whole, windows that the stride skips included: that is less work than to meet the others
alone up to a stride of `STRIDE`; larger ones are left to NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..conv_algorithms import pooling as plain
from ..conv_algorithms.geometry import pool_output_shape
from ..layout import empty, in_order_of, kept
from ..threads import in_parts
from . import FLOATS, flat, pool_loops, quads

COST = 40  # flops that take as long as a number at a position along an axis of the kernel
LANES = 16  # numbers of I that are worth a loop
STRIDE = 3  # the largest for planes


def max_pool(x: Any, size: Any, geometry: Any) -> Any:
    """`pooling.max_pool`."""
    if x.dtype not in FLOATS:
        return NotImplemented
    shape = pool_output_shape(x.shape, size, geometry)
    x = kept(x)
    if _is_sparse(x, geometry):
        return NotImplemented
    y = _empty(x, shape, x.dtype)
    taps = _empty(x, shape, np.min_scalar_type(size[0] * size[1] - 1))
    dims, arrays = _dims(x), (flat(x), flat(y), flat(taps))
    if _are_quads(size, geometry, x.shape):
        _split(quads.maxima, arrays, (dims,), x.size // 2)
        return y, taps
    first_w, first_h = (
        plain._first_positions(axis, shape[2 + axis], x.shape, size, geometry) for axis in (1, 0)
    )
    window = (*size, *geometry.stride, *_before(geometry), *geometry.dilation)
    loop = pool_loops.max_pixels if dims[4] >= LANES else pool_loops.max_planes
    _split(loop, (*arrays, first_h, first_w), (dims, shape[2:], window), y.size * sum(size))
    return y, taps


def tap_scatter(g: Any, taps: Any, size: Any, geometry: Any, x_shape: Any) -> Any:
    """`pooling.tap_scatter`."""
    if g.dtype not in FLOATS or taps.dtype.kind != "u":
        return NotImplemented
    taps = kept(taps)
    g = in_order_of(taps, g)
    gx = _empty(taps, x_shape, g.dtype)
    dims, arrays = _dims(gx, taps.flags.c_contiguous), (flat(g), flat(taps), flat(gx))
    if dims[4] >= LANES and _are_quads(size, geometry, x_shape):
        _split(quads.scatter, arrays, (dims,), gx.size // 2)
        return gx
    (kh, kw), (dh, dw), (_, _, m, w, inner) = size, geometry.dilation, dims
    rows, columns = np.arange(kh) * (dh * m * w * inner), np.arange(kw) * (dw * inner)
    offsets = np.add.outer(rows, columns).reshape(-1)
    window = (*geometry.stride, *_before(geometry))
    _split(pool_loops.scatter, (*arrays, offsets), (dims, g.shape[2:], window), 2 * gx.size)
    return gx


def avg_pool(
    x: Any, size: Any, geometry: Any, count_include_pad: Any = True, divisor_override: Any = None
) -> Any:
    """`pooling.avg_pool`."""
    if x.dtype not in FLOATS:
        return NotImplemented
    shape = pool_output_shape(x.shape, size, geometry)
    x = kept(x)
    if divisor_override != 0 and _are_quads(size, geometry, x.shape):
        y = _empty(x, shape, x.dtype)
        arrays = flat(x), flat(y), x.dtype.type(1 / (divisor_override or 4))
        _split(quads.sums, arrays, (_dims(x),), x.size // 2)
        return y
    sizes = plain._sizes(x.shape, size, geometry, count_include_pad, divisor_override)
    y = _sums(x, shape, size, geometry, adjoint=False)
    if y is not NotImplemented:
        y /= sizes
    return y


def avg_pool_adjoint(
    g: Any, size: Any, geometry: Any, count_include_pad: Any, divisor_override: Any, x_shape: Any
) -> Any:
    """`pooling.avg_pool_adjoint`."""
    if g.dtype not in FLOATS:
        return NotImplemented
    g = kept(g)
    if divisor_override != 0 and _are_quads(size, geometry, x_shape):
        gx = _empty(g, x_shape, g.dtype)
        arrays = flat(g), flat(gx), g.dtype.type(1 / (divisor_override or 4))
        _split(quads.spread, arrays, (_dims(gx, g.flags.c_contiguous),), gx.size // 2)
        return gx
    sizes = plain._sizes(x_shape, size, geometry, count_include_pad, divisor_override)
    return _sums(kept(g / sizes), x_shape, size, geometry, adjoint=True)


def _sums(x: Any, shape: Any, size: Any, geometry: Any, adjoint: bool) -> Any:
    """The sum of each window of x; or the adjoint: of all windows that an input lies in.

    That is a pool too: of x with stride - 1 zeros between its numbers, and a stride of 1.
    """
    if _is_sparse(x, geometry) or geometry.dilation != (1, 1):
        return NotImplemented
    y, dims, before = _empty(x, shape, x.dtype), _dims(x), _before(geometry)
    arrays, work = (flat(x), flat(y)), max(x.size, y.size) * sum(size)
    if dims[4] >= LANES:
        rows, columns = (_met(i, shape, x.shape, size, geometry, adjoint) for i in (0, 1))
        _split(pool_loops.sum_pixels, (*arrays, *rows, *columns), (dims, shape[2:]), work)
    else:
        up, down = (1, 1), geometry.stride
        if adjoint:
            up, down, before = down, up, (size[0] - 1 - before[0], size[1] - 1 - before[1])
        window = (*size, *down, *before, *up)
        _split(pool_loops.sum_planes, arrays, (dims, shape[2:], window), work)
    return y


def _met(axis: int, shape: Any, x_shape: Any, size: Any, geometry: Any, adjoint: bool) -> Any:
    """Along an axis, for each number of the result: from which to before which number of x."""
    at, stride, last = np.arange(shape[2 + axis]), geometry.stride[axis], size[axis] - 1
    if adjoint:  # the windows o with o * stride <= at <= o * stride + last
        at += geometry.padding[axis][0]
        low, high = -((last - at) // stride), at // stride + 1
    else:
        low = at * stride - geometry.padding[axis][0]
        high = low + size[axis]
    return np.maximum(low, 0), np.minimum(high, x_shape[2 + axis])


def _split(loop: Any, arrays: Any, numbers: Any, work: int) -> None:
    """Call the loop with these and a range of its P * M planes."""
    (p, _, m, _, _), *_ = numbers
    in_parts(lambda part: loop(*arrays, *numbers, part.start, part.stop), p * m, COST * work)


def _dims(x: Any, in_c_order: bool | None = None) -> tuple[int, ...]:
    """The lengths P, H, M, W, I of an x that is `kept`."""
    n, c, h, w = x.shape
    if in_c_order or (in_c_order is None and x.flags.c_contiguous):
        return n * c, h, 1, w, 1
    return 1, h, c, w, n


def _empty(like: Any, shape: Any, dtype: Any) -> Any:
    """An array in the order of another, which is `kept`."""
    return np.empty(shape, dtype) if like.flags.c_contiguous else empty(shape, dtype)


def _before(geometry: Any) -> tuple[int, int]:
    return geometry.padding[0][0], geometry.padding[1][0]


def _is_sparse(x: Any, geometry: Any) -> bool:
    """Whether too few windows of a plane are wanted to compute them all."""
    return max(geometry.stride) > STRIDE and _dims(x)[4] < LANES


def _are_quads(size: Any, geometry: Any, x_shape: Any) -> bool:
    """Whether windows of 2x2 tile x."""
    whole = geometry.stride == (2, 2) and geometry.dilation == (1, 1) and size == (2, 2)
    return whole and _before(geometry) == (0, 0) and x_shape[2] % 2 == 0 == x_shape[3] % 2
