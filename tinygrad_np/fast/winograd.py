"""Kernels of three rows, stride 1, with a third fewer products: Winograd's F(2, 3) along the rows.

Two output rows y0, y1 of a kernel w0, w1, w2 meet four input rows x0 ... x3. Six convolutions of a
row become four, of sums of rows (Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks", 2015, by rows here: the runs of convolution.py stay whole):

    m0 = (x0 - x2) * w0                       y0 = m0 + m1 + m2
    m1 = (x1 + x2) * (w0 + w1 + w2) / 2       y1 = m1 - m2 - m3
    m2 = (x2 - x1) * (w0 - w1 + w2) / 2
    m3 = (x1 - x3) * w2

Gradients of w are its transpose: with p0 = (x0 - x2) * g0, p1 = (x1 + x2) * (g0 + g1),
p2 = (x2 - x1) * (g0 - g1) and p3 = (x1 - x3) * g1, summed over all pairs of rows,

    gw0 = p0 + (p1 + p2) / 2       gw1 = (p1 - p2) / 2       gw2 = (p1 + p2) / 2 - p3

Rounding errors are no larger than those of the six. inf would become nan, and sums of rows may
overflow: where a result is not finite, convolution.py computes all six.

A pair is a line of a table: y0, y1, x0, x1, x2, x3, the numbers of rows, -1 for rows of the padding
and for y1 after an odd last row, which leaves m3 out.
"""

from __future__ import annotations

from typing import Any

import numpy

from . import kernel
from .blocks import convolve, outers

LEAST = 32  # channels and filters of a group: with fewer the sums of rows take what they save


def pairs(bases: Any, taps: list[int], h: int) -> Any:
    """The table for output rows that meet the rows `taps` after their bases, of h; None if unfit.

    >>> pairs(numpy.arange(-1, 2), [0, 1, 2], 3).tolist()
    [[0, 1, -1, 0, 1, 2], [2, -1, 1, 2, -1, -1]]
    """
    if len(taps) != 3 or taps[2] - taps[1] != taps[1] - taps[0] or (numpy.diff(bases) != 1).any():
        return None
    d, count = taps[1] - taps[0], len(bases)
    firsts = [i for i in range(count) if i % (2 * d) < d]
    x = [[bases[i] + taps[0] + t * d for t in range(4)] for i in firsts]
    y = [[i, i + d if i + d < count else -1] for i in firsts]
    rows = [[r if 0 <= r < h else -1 for r in xs] for xs in x]
    return numpy.array([a + b for a, b in zip(y, rows, strict=True)], numpy.int64).reshape(-1, 6)


def weights(packed: Any) -> Any:
    """What m0 to m3 meet, (4, G, blocks, c*KW, f), -w2 the last; of (G, blocks, 3*c*KW, f)."""
    groups, blocks, ks, f = packed.shape
    w0, w1, w2 = numpy.moveaxis(packed.reshape(groups, blocks, 3, ks // 3, f), 2, 0)
    both = w0 + w2
    return numpy.stack([w0, (both + w1) / 2, (both - w1) / 2, -w2])


def weight_gradient(p: Any) -> Any:
    """gw0, gw1, gw2 of p0 to p3."""
    half, less = (p[1] + p[2]) / 2, (p[1] - p[2]) / 2
    return numpy.stack([p[0] + half, less, half - p[3]])


@kernel
def convolve_pairs(y, y_start, y_row, x, table, offsets, w, bias, filters, sums, m1, m2):
    """`blocks.convolve` of rows in pairs; whether the results are finite.

    w (4, G, blocks of filters, K, filters of a block); sums, m1 and m2 are memory for a row of x
    and two of y.
    """
    groups, x_row = w.shape[1], sums.size
    m, group = m1.size // (groups * filters), x_row // groups
    start, met = numpy.zeros(1, numpy.int64), numpy.zeros((1, 2), numpy.int64)
    met[0, 1], none, total = offsets.size, numpy.zeros_like(bias), y.dtype.type(0)
    for i in range(len(table)):
        first, second, x0, x1, x2, x3 = table[i]
        _add_rows(sums, x, x1 * x_row, x2 * x_row, 1)
        convolve(m1, 0, 0, sums, start, group, met, offsets, w[1], none, filters, m)
        _add_rows(sums, x, x2 * x_row, x1 * x_row, -1)
        convolve(m2, 0, 0, sums, start, group, met, offsets, w[2], none, filters, m)
        _add_rows(sums, x, x0 * x_row, x2 * x_row, -1)
        at = y_start + first * y_row
        y0 = y[at : at + m1.size]
        convolve(y0, 0, 0, sums, start, group, met, offsets, w[0], bias, filters, m)
        if second < 0:
            for j in range(y0.size):
                y0[j] += m1[j] + m2[j]
                total += y0[j]
            continue
        _add_rows(sums, x, x1 * x_row, x3 * x_row, -1)
        at = y_start + second * y_row
        y1 = y[at : at + m1.size]
        convolve(y1, 0, 0, sums, start, group, met, offsets, w[3], bias, filters, m)
        for j in range(y0.size):
            a, b = m1[j], m2[j]
            y0[j] += a + b
            y1[j] += a - b
            total += y0[j] + y1[j]
    return numpy.isfinite(total)


@kernel
def outer_pairs(p, g, x, table, offsets, m, sums, gs):
    """Add p0 to p3 of these pairs of rows to p (4, G, K, f), as `blocks.outers` does.

    sums and gs are memory for a row of x and of g.
    """
    x_row, g_row, met = sums.size, gs.size, (0, offsets.size)
    steps, group = (0, 0), x_row // p.shape[1]
    for i in range(len(table)):
        y0, y1, x0, x1, x2, x3 = table[i]
        _add_rows(sums, x, x0 * x_row, x2 * x_row, -1)
        outers(p[0], g, y0 * g_row, sums, 0, group, offsets, met, 1, steps, m)
        _add_rows(sums, x, x1 * x_row, x2 * x_row, 1)
        _add_rows(gs, g, y0 * g_row, y1 * g_row, 1)
        outers(p[1], gs, 0, sums, 0, group, offsets, met, 1, steps, m)
        _add_rows(sums, x, x2 * x_row, x1 * x_row, -1)
        _add_rows(gs, g, y0 * g_row, y1 * g_row, -1)
        outers(p[2], gs, 0, sums, 0, group, offsets, met, 1, steps, m)
        if y1 >= 0:
            _add_rows(sums, x, x1 * x_row, x3 * x_row, -1)
            outers(p[3], g, y1 * g_row, sums, 0, group, offsets, met, 1, steps, m)


@kernel
def _add_rows(to, x, a, b, sign):
    """to = x[a:] + sign * x[b:], where a negative start means zeros."""
    s = x.dtype.type(sign)
    if a >= 0 and b >= 0:
        left, right = x[a : a + to.size], x[b : b + to.size]
        for i in range(to.size):
            to[i] = left[i] + s * right[i]
    elif a >= 0:
        to[:] = x[a : a + to.size]
    elif b >= 0:
        right = x[b : b + to.size]
        for i in range(to.size):
            to[i] = s * right[i]
    else:
        to[:] = 0
