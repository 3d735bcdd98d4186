"""Convolution as sums over runs of memory, without BLAS: the twin of conv_algorithms/row_fused.py.

x lies as H, C, s, W/s, N in memory, padded along W: the columns of each remainder by the stride s
side by side. What an output row meets with a position k = (i, c, j) of the kernel is then one run
of OW*N numbers, `offsets[k]` after the row's start, and nothing has to be spread. Rows of the
padding are not met: those k that lie inside are a range for each output row.

    forward      y[f] = sum over k of w[f, k] * the run of k
    weight_grad  gw[f, k] = sum over output rows of g[f] @ the run of k
    input_grad   the forward of g with w turned around, for each remainder by the strides

runs.py says where the runs lie. blocks.py has the loops; the sums stay in registers (tiles.py).
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy

from ..allocation import aligned
from ..conv_algorithms import ALGORITHMS, chosen, row_fused
from ..conv_algorithms.geometry import Geometry, conv_output_shape, inside
from ..layout import logical, memory
from ..threads import COPY, in_parts
from . import FLOATS, blocks
from .copies import copy_to
from .runs import Runs, all_of, of_gradient, windows
from .vectors import WIDE


def conv2d(op: Any, x: Any, w: Any, b: Any = None) -> Any:
    """`Conv2d.forward` with a bias: the sums begin with it, and y is written once.

    It is 4 % of forward and backward of 64-64 channels.
    """
    name = chosen(op.algorithm)
    if (
        b is None
        or (b.dtype, b.shape) != (x.dtype, w.shape[:1])
        or ALGORITHMS[name] is not row_fused
    ):
        return NotImplemented
    result = forward(x, w, op.geometry, b)
    if result is NotImplemented:
        return NotImplemented
    op.algorithm, (y, op.hint) = name, result
    return y


def forward(x: Any, w: Any, geometry: Geometry, b: Any = None) -> Any:
    """`row_fused.forward`; x in its padded memory, in a tuple, is the hint."""
    n, f, oh, ow = conv_output_shape(x.shape, w.shape, geometry)
    if not _covered(x, w, ow * n, geometry):
        return NotImplemented
    padded, runs = _of_input(x, w.shape, (oh, ow), geometry)
    y = aligned((oh, f, ow, n), x.dtype)
    # (F, c, KH, KW) -> (G, f, c, KH, KW)
    weights = w.reshape(geometry.groups, f // geometry.groups, *w.shape[1:])
    _convolve(y, slice(0, oh), padded, runs, weights, all_of(w.shape[2]), all_of(w.shape[3]), b)
    return logical(y), (padded,)


def weight_grad(x: Any, g: Any, geometry: Geometry, w_shape: Any, hint: Any = None) -> Any:
    """`row_fused.weight_grad`."""
    (n, f, oh, ow), (_, c, kh, kw), groups = g.shape, w_shape, geometry.groups
    if not _covered(x, g, ow * n, geometry) or isinstance(hint, list):
        return NotImplemented
    padded, runs = _of_input(x, w_shape, (oh, ow), geometry, *(hint or ()))
    many = blocks.outers_pay(f // groups, kh * c * kw, g.dtype)
    correlate = blocks.outers if many else blocks.inners
    flops = (2 * kh * c * kw + COPY) * g.size
    g_flat = (_turned(g, groups, flops) if many else memory(g)).reshape(-1)
    x_flat, steps = padded.reshape(-1), (g_flat.size // oh, geometry.stride[0] * padded[0].size)

    def part(here: slice) -> Any:
        # Of whole vectors of filters, where these lie last.
        shape = (kh * c * kw, steps[0] // (ow * n * groups)) if many else (f // groups, kh * c * kw)
        gw = numpy.zeros((groups, *shape), x.dtype)
        inner = [row for row in runs.edges if here.start < row < here.stop]
        # Rows that meet the same rows of the kernel go together.
        for row, end in pairwise([here.start, *inner, here.stop]):
            correlate(
                gw, g_flat, row * steps[0], x_flat, runs.starts[row], padded[0].size // groups,
                runs.offsets, runs.met[row], end - row, steps, ow * n,
            )  # fmt: skip
        return gw

    gw = reduce(numpy.add, in_parts(part, oh, flops))
    gw = gw[..., : f // groups].swapaxes(1, 2) if many else gw
    # (G, f, KH*c*KW) -> (F, KH, c, KW) -> (F, c, KH, KW)
    return numpy.ascontiguousarray(gw.reshape(f, kh, c, kw).swapaxes(1, 2))


def _turned(g: Any, groups: int, flops: float) -> Any:
    """g (N, F, OH, OW) as (OH, OW, N, G, f), zeros after the f that fill a vector."""
    n, f, oh, ow = g.shape
    each, lanes = f // groups, blocks.lanes(g.dtype)
    turned = aligned((oh, ow, n, groups, -(-each // lanes) * lanes), g.dtype)
    turned[..., each:] = 0

    def part(here: slice) -> None:
        for group in range(groups):
            there = g[:, group * each : (group + 1) * each, here]
            # (N, f, OH, OW) -> (OH, OW, N, f)
            copy_to(turned[here, ..., group, :each], there.transpose(2, 3, 0, 1))

    in_parts(part, oh, flops)  # of the whole: whose work is shared, shares its copies too
    return turned


def input_grad(g: Any, w: Any, geometry: Geometry, x_shape: Any) -> Any:
    """`row_fused.input_grad`."""
    (n, c, h, width), (f, per_group, kh, kw) = x_shape, w.shape
    (sh, sw), groups = geometry.stride, geometry.groups
    if not _covered(g, w, width // sw * n, geometry):
        return NotImplemented
    # (F, c, KH, KW) -> (G, f, c, KH, KW) -> (G, c, f, KH, KW)
    turned = w.reshape(groups, f // groups, per_group, kh, kw).swapaxes(1, 2)
    left, wide, phases = of_gradient(g.shape, w.shape, geometry, (h, width))
    padded = _padded(g, left, wide, 1, 2 * w[0].size * g.size)
    gx = aligned((h, c, width, n), g.dtype)
    for b, columns, of_rows in phases:
        out = gx if sw == 1 else aligned((h, c, len(range(b, width, sw)), n), g.dtype)
        for a, rows, runs in of_rows:
            _convolve(out, slice(a, h, sh), padded, runs, turned, rows, columns)
        if sw > 1:
            gx[:, :, b::sw] = out
    return logical(gx)


def _covered(a: Any, b: Any, run: int, geometry: Geometry) -> bool:
    """Whether the arrays fit, and BLAS is not faster: it is where vectors are short."""
    same = type(b) is numpy.ndarray and a.dtype == b.dtype and a.dtype in FLOATS
    worth = run >= blocks.lanes(a.dtype) and (geometry.groups > 1 or WIDE)
    return same and a.size > 0 and b.size > 0 and worth


def _convolve(
    y: Any, rows: slice, x: Any, runs: Runs, w: Any, kh: Any, kw: Any, bias: Any = None
) -> None:
    """These rows of y (OH, F, OW, N) = w (G, f, c, KH, KW)[..., kh, kw] @ their runs in x."""
    groups, f = w.shape[:2]
    m, width, ks = y.shape[2] * y.shape[3], blocks.filters_of_a_block(f), len(runs.offsets)
    packed = numpy.empty((groups, -(-f // width), ks, width), w.dtype)
    blocks.pack(packed, w, kh, kw)
    first_sums = numpy.zeros(groups * f, y.dtype) if bias is None else numpy.ascontiguousarray(bias)
    y_flat, x_flat, step = y.reshape(-1), x.reshape(-1), y[0].size

    def part(here: slice) -> None:
        first = rows.start + here.start * (rows.step or 1)
        blocks.convolve(
            y_flat, first * step, (rows.step or 1) * step, x_flat, runs.starts[here],
            x[0].size // groups, runs.met[here], runs.offsets, packed, first_sums, f, m,
        )  # fmt: skip

    count = len(runs.starts)
    in_parts(part, count, (2 * ks + COPY) * count * step)


def _of_input(
    x: Any, w_shape: Any, out: Any, geometry: Geometry, padded: Any = None
) -> tuple[Any, Runs]:
    """x in padded memory, and what runs a convolution with w of this shape meets there."""
    wide, runs = windows(x.shape, w_shape, out, geometry)
    if padded is None:
        flops = 2 * math.prod(w_shape) * math.prod(out) * x.shape[0]
        padded = _padded(x, geometry.padding[1][0], wide, geometry.stride[1], flops)
    return padded, runs


def _padded(x: Any, left: int, wide: int, s: int, flops: float) -> Any:
    """x (N, C, H, W) as (H, C, s, W', N), zeros beside it: x's memory where it has this order."""
    n, c, h, w = x.shape
    if (left, wide, s) == (0, w, 1):
        return memory(x).reshape(h, c, 1, w, n)
    padded = aligned((h, c, s, wide, n), x.dtype)
    m = x.transpose(2, 1, 3, 0) if s == 1 else memory(x)  # every s-th of a row is slow to read

    def part(here: slice) -> None:
        for phase in range(s):
            to = padded[:, here, phase]
            out, column = inside(phase - left, s, w, wide)
            to[:, :, : out.start] = 0
            to[:, :, out.stop :] = 0
            copy_to(to[:, :, out], m[:, here, column])

    in_parts(part, c, flops + COPY * padded.size)
    return padded
