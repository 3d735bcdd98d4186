"""Normalisation in one visit to each channel or row, while it lies in the cache.

A dense array whose statistics are taken along some of its axes is, in memory, A x C x B numbers:
C kept, with A reduced axes before and B behind. Batch norm of (N, C, H, W) is that with A = N and
B = HW, of the internal order H, C, W, N with A = H and B = WN, of (N, C) with B = 1; layer norm of
rows has A = 1. What lies otherwise is left to NumPy.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy

from ..threads import in_parts
from . import FLOATS, is_dense, memory_order
from . import norm_loops as loops
from .copies import laid_as

COST = 60  # flops that take as long as a number here

Array = Any


class Moments(NamedTuple):
    """What backward needs: mean and 1 / s by channel, the weight, and how x is looked at."""

    mean: Array
    scale: Array
    weight: Array
    sizes: tuple[int, int, int]
    by_row: bool  # the weight has a number for each position of a row, not for each channel


def forward(op: Any, x: Array, w: Array, b: Array) -> Any:
    """`Standardize.forward`."""
    sizes = _sizes(x, op.dims)
    if sizes is None or math.prod(sizes) == 0:
        return NotImplemented
    weights = _weights(x, op.dims, sizes, w, b)
    if weights is None:
        return NotImplemented
    w, b, by_row = weights
    y, (mean, var) = numpy.empty_like(x), numpy.empty((2, sizes[1]), x.dtype)
    loop = loops.rows if by_row else loops.channels if sizes[2] > 1 else loops.columns
    _by_channel(loop, sizes, [x, y], [mean, var], [w, b], by_row, op.eps)
    scale = 1 / numpy.sqrt(var + x.dtype.type(op.eps))
    op.hint = Moments(mean, scale, w, sizes, by_row)
    op.mean, op.var = _kept(mean, x, op.dims), _kept(var, x, op.dims)
    return y


def dx(op: Any, g: Array, x: Array, w: Array) -> Any:
    """`Standardize.dx`; what it sums on its way is kept for `dw` and `db`."""
    if not isinstance(op.hint, Moments):
        return NotImplemented
    m = op.hint
    y, g = numpy.empty_like(x), laid_as(x, g)
    if m.by_row:
        parts = _by_channel(
            loops.rows_dx, m.sizes, [g, x, y], [m.mean, m.scale], [m.weight], True, None
        )
        dw, db = (sum(each) for each in zip(*parts, strict=True))
    else:
        dw, db = numpy.empty((2, m.sizes[1]), x.dtype)
        loop = loops.channels_dx if m.sizes[2] > 1 else loops.columns_dx
        _by_channel(loop, m.sizes, [g, x, y], [m.mean, m.scale, dw, db], [m.weight], False, None)
    sums = zip((dw, db), op.shapes[1:], strict=True)
    op.sums = [_shaped(op, v.astype(x.dtype), x, m.by_row, shape) for v, shape in sums]
    return y


def dw(op: Any, g: Array, x: Array) -> Any:
    """`Standardize.dw`."""
    return _sums(op, g, x)[0] if isinstance(op.hint, Moments) else NotImplemented


def db(op: Any, g: Array, x: Array) -> Any:
    """`Standardize.db`."""
    return _sums(op, g, x)[1] if isinstance(op.hint, Moments) else NotImplemented


def _sums(op: Any, g: Array, x: Array) -> Any:
    if op.sums is None:
        dx(op, g, x, None)
    return op.sums


def _sizes(x: Array, dims: tuple[int, ...]) -> tuple[int, int, int] | None:
    """(A, C, B) of the memory of x, or None where it is no such array."""
    if x.dtype not in FLOATS or not is_dense(x):
        return None
    runs: list[list[int]] = [[True, 1]]  # [reduced, size] of neighbours in memory that go together
    for axis in memory_order(x):
        if x.shape[axis] == 1:
            continue
        if runs[-1][0] == (axis in dims):
            runs[-1][1] *= x.shape[axis]
        else:
            runs.append([axis in dims, x.shape[axis]])
    if len(runs) == 1:  # one channel of all there is
        return 1, 1, runs[0][1]
    sizes = [size for _, size in runs] + [1] * (3 - len(runs))
    return (sizes[0], sizes[1], sizes[2]) if len(sizes) == 3 else None


def _weights(x: Array, dims: tuple[int, ...], sizes: Any, w: Array, b: Array) -> Any:
    """w and b by channel, or where A is 1 by position in the row; and which of the two."""
    for by_row in (False, True):
        shape = tuple(n if (i in dims) == by_row else 1 for i, n in enumerate(x.shape))
        if by_row and sizes[0] > 1:
            return None
        try:
            return *(_spread(v, shape, x) for v in (w, b)), by_row
        except ValueError:
            continue
    return None


def _spread(v: Array, shape: tuple[int, ...], x: Array) -> Array:
    """v, broadcast to this shape, with one axis, as it lies in the memory of x."""
    whole = v.size == math.prod(shape) and v.shape == shape[x.ndim - v.ndim :]
    if not whole or v.ndim - v.shape.count(1) > 1:
        v = numpy.broadcast_to(v, shape).transpose(memory_order(x))
    return numpy.ascontiguousarray(v, x.dtype).reshape(-1)


def _by_channel(
    loop: Any,
    sizes: Any,
    large: list[Array],
    small: list[Array],
    weights: Any,
    by_row: Any,
    eps: Any,
) -> list[Any]:
    """Run the loop on all channels, or by threads on parts of them."""
    last = () if eps is None else (large[0].dtype.type(eps),)
    views = [v.transpose(memory_order(v)).reshape(sizes) for v in large]
    views = [v[0] if by_row else v if sizes[2] > 1 else v[:, :, 0] for v in views]

    if by_row:

        def work(part: slice) -> Any:
            return loop(*(v[part] for v in (*views, *small)), *weights, *last)

    else:  # a part of the channels would be an array that has gaps, and be read one by one

        def work(part: slice) -> Any:
            return loop(*views, *small, *weights, *last, part.start, part.stop)

    cost = 0 if loop in (loops.columns, loops.columns_dx) else COST * large[0].size
    return in_parts(work, sizes[1], cost)


def _kept(v: Array, x: Array, dims: tuple[int, ...]) -> Array:
    """Statistics by channel, in the shape of x with its reduced axes as axes of length 1."""
    if len(dims) == x.ndim - 1:
        return v.reshape([1 if i in dims else n for i, n in enumerate(x.shape)])
    order = memory_order(x)
    in_memory = v.reshape([1 if i in dims else x.shape[i] for i in order])
    return in_memory.transpose(numpy.argsort(order))


def _shaped(op: Any, v: Array, x: Array, by_row: bool, shape: tuple[int, ...]) -> Array:
    """A gradient of w or b in their shape if that is plain, else with the axes of x."""
    if shape == v.shape:
        return v
    others = tuple(i for i in range(x.ndim) if i not in op.dims)
    return _kept(v, x, others if by_row else op.dims)
