"""The loops of convolution.py over the tiles of tiles.py: what is met while it lies in a cache.

One core of a machine whose BLAS reaches 60 to 90 GF/s on such rows: `convolve` and `outers` reach
100 to 125, `inners` 50 (short rows) to 100.
"""

from __future__ import annotations

from typing import Any

import numpy

from . import kernel
from .tiles import dots, outer, products
from .vectors import BYTES, WIDE

# Filters by vectors of `products`, and filters by k of `dots`: 24 sums for 32 registers, 12 for 16.
_MANY, _SOME, _FEW = (8, 6, 4) if WIDE else (4, 3, 2)
_V_MANY, _V_SOME, _V_FEW, _V_ONE = 3, 4, 6, 8
_DOT_F, _DOT_K = (4, 6) if WIDE else (2, 6)
_DOT_ONE = 9
_OUTER_4, _OUTER_2, _OUTER_1 = (6, 12, 12) if WIDE else (3, 6, 8)  # k of `outer` by its vectors
_M = 128  # of g that `outer` meets at a time
_K = 128  # of x, three vectors each: what the first cache holds
_ROW = 1024  # numbers of a row that `dots` meets at a time
_DOT_BLOCK = 108  # and k: whole tiles, of 4, 6 and 9


@kernel
def convolve(y, y_start, y_row, x, x_starts, x_group, met, offsets, w, bias, filters, m):
    """y[row, g*f, i] = bias[g*f] + sum over k of w[g, f, k] * x[start + offsets[k] + i].

    Of the k from met[row, 0] to met[row, 1]. w (G, blocks of filters, K, filters of a block), i < m
    and m >= LANES.
    """
    groups, blocks, ks, width = w.shape
    lanes, flat = BYTES // y.itemsize, w.reshape(w.size)
    v = _V_FEW if width == _FEW else _V_ONE
    v = _V_MANY if width == _MANY else _V_SOME if width == _SOME else v
    for r in range(x_starts.size):
        first, end = met[r, 0], met[r, 1]
        for g in range(groups):
            i = 0
            while i < m:
                wide = i + v * lanes <= m
                here = min(i, m - lanes)  # the last vector may repeat some of the one before
                i += v * lanes if wide else lanes
                start = x_starts[r] + g * x_group + here
                for k in range(first, max(end, first + 1), _K):
                    table = offsets[k:]
                    for b in range(blocks):
                        f = g * filters + b * width
                        to, at = y_start + r * y_row + f * m + here, (g * blocks + b) * ks + k
                        counts = (min(_K, end - k), filters - b * width, int(k == first))
                        places, begin = (to, m, start, at * width, *counts), bias[f:]
                        _add_tile(y, x, table, flat, begin, places, width, wide)


@kernel
def _add_tile(y, x, offsets, w, bias, places, width, wide):
    """`products` of so many filters, and of several vectors if `wide`, else of one."""
    if width == _MANY and wide:
        products(y, x, offsets, w, bias, places, _MANY, _V_MANY)
    elif width == _MANY:
        products(y, x, offsets, w, bias, places, _MANY, 1)
    elif width == _SOME and wide:
        products(y, x, offsets, w, bias, places, _SOME, _V_SOME)
    elif width == _SOME:
        products(y, x, offsets, w, bias, places, _SOME, 1)
    elif width == _FEW and wide:
        products(y, x, offsets, w, bias, places, _FEW, _V_FEW)
    elif width == _FEW:
        products(y, x, offsets, w, bias, places, _FEW, 1)
    elif wide:
        products(y, x, offsets, w, bias, places, 1, _V_ONE)
    else:
        products(y, x, offsets, w, bias, places, 1, 1)


@kernel
def pack(packed, w, rows, columns):
    """packed[g, block, (i, c, j), f] = w[g, block and f, c, rows[i], columns[j]].

    The last filter again for those beyond it.

    In an order in which both are read and written in few lines of the cache.
    """
    groups, blocks, _, width = packed.shape
    filters, channels = w.shape[1:3]
    for g in range(groups):
        for b in range(blocks):
            block = packed[g, b]
            for c in range(channels):
                for f in range(width):
                    there = w[g, min(b * width + f, filters - 1), c]
                    for i in range(rows.size):
                        for j in range(columns.size):
                            k = (i * channels + c) * columns.size + j
                            block[k, f] = there[rows[i], columns[j]]


@kernel
def inners(gw, g, g_start, x, x_start, x_group, offsets, met, rows, steps, m):
    """gw[group, f, k] += sum over rows and i < m of g[row, group*f, i] * x[start + offsets[k] + i].

    For the k that are met, from met[0] to met[1]; steps: from row to row of g and of x.
    """
    first, end = met[0], met[1]
    groups, filters, _ = gw.shape
    at_a_time = max(1, _ROW // m)
    height, width = (1, _DOT_ONE) if filters == 1 else (_DOT_F, _DOT_K)
    high = filters > 1 and _sums(filters, width, end - first, height) < _sums(
        filters, height, end - first, width
    )
    height, width = (width, height) if high else (height, width)
    sums = numpy.empty(_MANY * _DOT_ONE, g.dtype)
    for row in range(0, rows, at_a_time):
        count = min(at_a_time, rows - row)
        for group in range(groups):
            x_at = x_start + row * steps[1] + group * x_group
            for block in range(first, end, _DOT_BLOCK):
                for f in range(0, filters, height):
                    g_at = g_start + row * steps[0] + (group * filters + f) * m
                    for k in range(block, min(end, block + _DOT_BLOCK), width):
                        shape = (count, m, filters - f, end - k)
                        table = offsets[k:]
                        if filters == 1:
                            dots(sums, g, g_at, m, x, x_at, table, shape, steps, 1, _DOT_ONE)
                        elif high:
                            dots(sums, g, g_at, m, x, x_at, table, shape, steps, _DOT_K, _DOT_F)
                        else:
                            dots(sums, g, g_at, m, x, x_at, table, shape, steps, _DOT_F, _DOT_K)
                        for a in range(min(height, filters - f)):
                            for b in range(min(width, end - k)):
                                gw[group, f + a, k + b] += sums[a * width + b]


@kernel
def _sums(filters, height, ks, width):
    """How many sums tiles of this size compute, those beyond the last filter or k too."""
    return -(-filters // height) * height * -(-ks // width) * width


@kernel
def outers(gw, g, g_start, x, x_start, x_group, offsets, met, rows, steps, m):
    """gw[group, k, f] += the sums of `inners`, of g[row, i, group, f]; f fills whole vectors."""
    groups, ks, filters = gw.shape
    step, lanes, flat = groups * filters, BYTES // g.itemsize, gw.reshape(gw.size)
    for row in range(rows):
        for group in range(groups):
            for i in range(0, m, _M):
                x_at = x_start + row * steps[1] + group * x_group + i
                f = 0
                while f < filters:
                    v = (filters - f) // lanes
                    g_at = g_start + row * steps[0] + i * step + group * filters + f
                    k = met[0]
                    while k < met[1]:
                        at, table = (group * ks + k) * filters + f, offsets[k:]
                        places = (at, filters, g_at, step, x_at, min(_M, m - i), met[1] - k)
                        if v >= 4:
                            outer(flat, g, x, table, places, _OUTER_4, 4)
                            k += _OUTER_4
                        elif v >= 2:
                            outer(flat, g, x, table, places, _OUTER_2, 2)
                            k += _OUTER_2
                        else:
                            outer(flat, g, x, table, places, _OUTER_1, 1)
                            k += _OUTER_1
                    f += lanes * (4 if v >= 4 else 2 if v >= 2 else 1)


def filters_of_a_block(filters: int) -> int:
    """The width of w that `convolve` wants: the widest of those that waste the fewest sums.

    >>> filters_of_a_block(1), filters_of_a_block(6 if WIDE else 3) == _SOME
    (1, True)
    """
    if filters == 1:
        return 1
    return min((_MANY, _SOME, _FEW), key=lambda width: -(-filters // width) * width)


def outers_pay(filters: int, ks: int, dtype: Any) -> bool:
    """Whether `outers` is faster than `inners`: it wants vectors of filters, and g in their order.

    >>> single = numpy.dtype(numpy.float32)
    >>> outers_pay(64, 576, single), outers_pay(16, 150, single)
    (True, False)
    """
    each = lanes(dtype)
    return ks >= 128 and filters >= 2 * each and 4 * filters >= 3 * (-(-filters // each) * each)


def lanes(dtype: Any) -> int:
    """The numbers of a vector: the least m.

    >>> lanes(numpy.dtype(numpy.float64)) in (4, 8)
    True
    """
    return BYTES // dtype.itemsize
