"""Sums of products that stay in the registers: the inner loops of convolution.py, as LLVM code.

A loop in Numba's Python adds to memory at each step, and reaches 50 GF/s on a core where BLAS
reaches 65 to 90. A tile of sums in registers reaches 85 to 115, and reads the images as they lie,
where BLAS first packs them. Numba can't name a register, but it lets a function emit LLVM code:

    products   tile[f, m] = sum over k of w[k, f] * x[offsets[k] + m]
    dots       tile[f, k] = sum over m of g[f, m] * x[offsets[k] + m]

m runs over vectors of LANES numbers; rows beyond the last filter or k repeat the last one.
"""

from __future__ import annotations

from typing import Any

import numpy
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from . import kernel
from .vectors import BYTES, INT, WIDE, Emit

# Filters by vectors of `products`, and filters by k of `dots`: 24 sums for 32 registers, 12 for 16.
_MANY, _FEW, _V = (8, 4, 3) if WIDE else (4, 2, 3)
_V_FEW, _V_ONE, _DOT_F, _DOT_K = (6, 8, 4, 6) if WIDE else (6, 8, 2, 6)
_DOT_ONE = 9
_K = 128  # of x, three vectors each: what the first cache holds
_ROW, _DOT_BLOCK = 1024, 90  # numbers of a row, and k, that `dots` meets at a time
_SQUARE = 32  # bytes: 8 numbers, of the 14 or 28 columns of an image no more may fit


@intrinsic(prefer_literal=True)
def products(typing, y, y_at, y_step, x, x_at, offsets, w, w_at, shape, rows, vectors):
    """Add products to a tile of y: shape = (their count, filters of y, 1 if they are the first)."""
    n = types.intp
    F, V = rows.literal_value, vectors.literal_value
    signature = types.void(y, n, n, x, n, offsets, w, n, types.UniTuple(n, 3), rows, vectors)

    def emit(context, builder, _, args):
        e = Emit(context, builder, y)
        y_at, y_step, x_at, w_at = args[1], args[2], args[4], args[7]
        to, xs, table, ws = (e.data(a, args[i]) for a, i in ((y, 0), (x, 3), (offsets, 5), (w, 6)))
        count, filters, fresh = (builder.extract_value(args[8], i) for i in range(3))
        starts = [e.at(y_at, (e.clamp(f, filters), y_step)) for f in range(F)]
        places = [e.at(start, v * e.lanes) for start in starts for v in range(V)]
        for place in places:
            e.prefetch(to, place, 1)

        def add(k, sums):
            start = e.at(x_at, builder.load(builder.gep(table, [k])))
            columns = [e.load(xs, e.at(start, v * e.lanes)) for v in range(V)]
            for f in range(F):
                one = e.all_lanes(builder.load(builder.gep(ws, [e.at(w_at, (k, F), f)])))
                for v in range(V):
                    sums[f * V + v] = e.fma(columns[v], one, sums[f * V + v])
            return sums

        zero = ir.Constant(INT, 0)
        once = builder.select(builder.icmp_signed("==", fresh, zero), ir.Constant(INT, 1), zero)
        # A loop of one step or none: the sums of the block of k before this one.
        sums = [e.zero] * len(places)
        sums = e.loop(zero, once, 1, sums, lambda i, _: [e.load(to, place) for place in places])
        sums = e.loop(zero, count, 1, sums, add)
        for value, place in reversed([*zip(sums, places, strict=True)]):  # the true last row last
            e.store(value, to, place)
        return context.get_dummy_value()

    return signature, emit


@intrinsic(prefer_literal=True)
def dots(typing, out, g, g_at, g_step, x, x_at, offsets, shape, steps, rows, columns):
    """Write to out, flat (rows, columns); shape = (count of rows, m, filters of g, ks)."""
    n = types.intp
    F, K = rows.literal_value, columns.literal_value
    tuples = types.UniTuple(n, 4), types.UniTuple(n, 2)
    signature = types.void(out, g, n, n, x, n, offsets, *tuples, rows, columns)

    def emit(context, builder, _, args):
        e = Emit(context, builder, g)
        to, gs, xs = (e.data(a, args[i]) for a, i in ((out, 0), (g, 1), (x, 4)))
        table = e.data(offsets, args[6])
        count, m, filters, ks = (builder.extract_value(args[7], i) for i in range(4))
        g_row, x_row = (builder.extract_value(args[8], i) for i in range(2))
        f_at = [e.at(args[2], (e.clamp(f, filters), args[3])) for f in range(F)]
        k_at = [e.at(args[5], builder.load(builder.gep(table, [e.clamp(k, ks)]))) for k in range(K)]
        zero, lanes = ir.Constant(INT, 0), ir.Constant(INT, e.lanes)
        rest, last = builder.srem(m, lanes), builder.sub(m, lanes)
        whole, uncounted = builder.sub(m, rest), e.only_last(rest)

        def add(r, i, sums, keep=lambda v: v):
            left = [keep(e.load(gs, e.at(f, (r, g_row), i))) for f in f_at]
            for k in range(K):
                right = keep(e.load(xs, e.at(k_at[k], (r, x_row), i)))
                for f in range(F):
                    sums[f * K + k] = e.fma(left[f], right, sums[f * K + k])
            return sums

        def row(r, sums):
            sums = e.loop(zero, whole, e.lanes, sums, lambda i, s: add(r, i, s))
            # What is left of the row: its last vector, but for what was counted already.
            return e.loop(zero, rest, 1 << 30, sums, lambda _, s: add(r, last, s, uncounted))

        sums = e.loop(zero, count, 1, [e.zero] * (F * K), row)
        for i, value in enumerate(sums):
            builder.store(e.sum(value), builder.gep(to, [ir.Constant(INT, i)]))
        return context.get_dummy_value()

    return signature, emit


@intrinsic
def turn(typing, to, to_at, to_step, x, x_at, x_step):
    """to[n, m] = x[m, n] of a square, _SQUARE bytes wide; the steps are from row to row."""
    n = types.intp

    def emit(context, builder, _, args):
        e = Emit(context, builder, x, _SQUARE)
        target, source = e.data(to, args[0]), e.data(x, args[3])
        rows = [e.load(source, e.at(args[4], (args[5], i))) for i in range(e.lanes)]
        half = e.lanes // 2
        while half:  # rows i and i + half change quarters, of ever smaller squares
            for i in (i for i in range(e.lanes) if not i & half):
                pair = rows[i], rows[i | half]
                for side in (0, half):
                    order = [
                        lane & ~half | side if not lane & half else e.lanes + (lane & ~half | side)
                        for lane in range(e.lanes)
                    ]
                    rows[i | side] = builder.shuffle_vector(*pair, e.lane_numbers(order))
            half //= 2
        for i, row in enumerate(rows):
            e.store(row, target, e.at(args[1], (args[2], i)))
        return context.get_dummy_value()

    return types.void(to, n, n, x, n, n), emit


@kernel
def transpose(to, x, last_outside):
    """to[...] = x for four axes, `to` contiguous along the last and x along the one before.

    Neither is shorter than a square. `last_outside` says which of the two the outer loop is over:
    the one of longer steps, so that few pages of memory are in use at a time.
    """
    p, q, r, s = x.shape
    size = x.itemsize
    lanes = _SQUARE // size
    t0, t1, t2, _ = to.strides
    x0, x1, _, x3 = x.strides
    outside, inside = (s, r) if last_outside else (r, s)
    for a in range(p):
        for out in range(0, outside, 2 * lanes):
            for b in range(q):
                for inner in range(0, inside, lanes):
                    for o in range(out, min(out + 2 * lanes, outside), lanes):
                        j, i = (inner, o) if last_outside else (o, inner)
                        j, i = min(j, r - lanes), min(i, s - lanes)  # the last may repeat some
                        to_at = (a * t0 + b * t1 + j * t2) // size + i
                        x_at = (a * x0 + b * x1 + i * x3) // size + j
                        turn(to, to_at, t2 // size, x, x_at, x3 // size)


@kernel
def convolve(y, y_start, y_row, x, x_starts, x_group, met, offsets, w, filters, m):
    """y[row, g*f, i] = sum over k of w[g, f, k] * x[start + offsets[k] + i] for a row's met k.

    w (G, blocks of filters, K, filters of a block), i < m >= LANES; met (rows, 2): first and end.
    """
    groups, blocks, ks, width = w.shape
    lanes = BYTES // y.itemsize
    flat = w.reshape(w.size)
    v = _V if width == _MANY else _V_FEW if width == _FEW else _V_ONE
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
                        shape = (min(_K, end - k), filters - b * width, int(k == first))
                        to = y_start + r * y_row + (g * filters + b * width) * m + here
                        at = ((g * blocks + b) * ks + k) * width
                        if width == _MANY and wide:
                            products(y, to, m, x, start, table, flat, at, shape, _MANY, _V)
                        elif width == _MANY:
                            products(y, to, m, x, start, table, flat, at, shape, _MANY, 1)
                        elif width == _FEW and wide:
                            products(y, to, m, x, start, table, flat, at, shape, _FEW, _V_FEW)
                        elif width == _FEW:
                            products(y, to, m, x, start, table, flat, at, shape, _FEW, 1)
                        elif wide:
                            products(y, to, m, x, start, table, flat, at, shape, 1, _V_ONE)
                        else:
                            products(y, to, m, x, start, table, flat, at, shape, 1, 1)


@kernel
def correlate(gw, g, g_start, x, x_start, x_group, offsets, met, rows, steps, m):
    """gw[g, f, k] += sum over rows and i < m of g[row, g*f, i] * x[start + offsets[k] + i].

    For the k that are met, from met[0] to met[1]; steps: from row to row of g and of x.
    """
    first, end = met[0], met[1]
    groups, filters, _ = gw.shape
    at_a_time = max(1, _ROW // m)
    height, width = (1, _DOT_ONE) if filters == 1 else (_DOT_F, _DOT_K)
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
                        else:
                            dots(sums, g, g_at, m, x, x_at, table, shape, steps, _DOT_F, _DOT_K)
                        for a in range(min(height, filters - f)):
                            for b in range(min(width, end - k)):
                                gw[group, f + a, k + b] += sums[a * width + b]


def filters_of_a_block(filters: int) -> int:
    """The width of w that `convolve` wants for so many filters.

    >>> filters_of_a_block(1)
    1
    """
    return 1 if filters == 1 else _FEW if filters <= _FEW else _MANY


def lanes(dtype: Any) -> int:
    """The numbers of a vector: the least m.

    >>> lanes(numpy.dtype(numpy.float64)) in (4, 8)
    True
    """
    return BYTES // dtype.itemsize
