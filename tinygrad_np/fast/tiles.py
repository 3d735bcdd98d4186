"""Sums of products that stay in the registers: the inner loops of blocks.py, as LLVM code.

A loop in Numba's Python adds to memory at each step, and reaches 50 GF/s on a core where BLAS
reaches 65 to 90. A tile of sums in registers reaches 100 to 125, and reads the images as they lie,
where BLAS first packs them. Numba can't name a register, but it lets a function emit LLVM code:

    products   tile[f, m] = sum over k of w[k, f] * x[offsets[k] + m]
    outer      tile[k, f] += sum over m of x[offsets[k] + m] * g[m, f]
    dots       tile[f, k] = sum over m of g[f, m] * x[offsets[k] + m]

Vectors of LANES numbers lie along m, of `outer` along f: that one has nothing to add up across the
lanes and no ends of rows, but wants many filters. Rows beyond the last filter or k repeat it.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .vectors import BYTES, INT, Emit

SQUARE, LARGE = 32, BYTES  # bytes of a row of `turn`: half a line of the cache, or a whole one


@intrinsic(prefer_literal=True)
def products(typing, y, x, offsets, w, bias, places, rows, vectors):
    """Add to a tile; places = (start, step, starts of x and w, ks, filters, 1 to begin with b)."""
    F, V = rows.literal_value, vectors.literal_value
    numbers = types.UniTuple(types.intp, 7)
    signature = types.void(y, x, offsets, w, bias, numbers, rows, vectors)

    def emit(context, builder, _, args):
        e = Emit(context, builder, y)
        arrays = zip((y, x, offsets, w, bias), args, strict=False)
        to, xs, table, ws, begin = (e.data(array, value) for array, value in arrays)
        y_at, y_step, x_at, w_at, count, filters, fresh = e.items(args[5], 7)
        numbers = [e.clamp(f, filters) for f in range(F)]
        starts = [e.at(y_at, (f, y_step)) for f in numbers]
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
        sums = [
            e.all_lanes(builder.load(builder.gep(begin, [f]))) for f in numbers for _ in range(V)
        ]
        # A loop of one step or none: the sums of the block of k before this one.
        once = builder.sub(ir.Constant(INT, 1), fresh)
        sums = e.loop(zero, once, 1, sums, lambda i, _: [e.load(to, place) for place in places])
        sums = e.loop(zero, count, 1, sums, add)
        for value, place in reversed([*zip(sums, places, strict=True)]):  # the true last row last
            e.store(value, to, place)
        return context.get_dummy_value()

    return signature, emit


@intrinsic(prefer_literal=True)
def outer(typing, to, g, x, offsets, places, rows, vectors):
    """Add to a tile; places = (its start and step, start and step of g, start of x, ms, ks)."""
    K, V = rows.literal_value, vectors.literal_value
    signature = types.void(to, g, x, offsets, types.UniTuple(types.intp, 7), rows, vectors)

    def emit(context, builder, _, args):
        e = Emit(context, builder, g)
        data = [e.data(a, value) for a, value in zip((to, g, x, offsets), args, strict=False)]
        at, step, g_at, g_step, x_at, count, ks = e.items(args[4], 7)
        numbers = [e.clamp(k, ks) for k in range(K)]
        starts = [e.at(x_at, builder.load(builder.gep(data[3], [k]))) for k in numbers]
        tile = [e.at(at, (k, step), v * e.lanes) for k in numbers for v in range(V)]

        def add(m, sums):
            row = [e.load(data[1], e.at(g_at, (m, g_step), v * e.lanes)) for v in range(V)]
            for k in range(K):
                one = e.all_lanes(builder.load(builder.gep(data[2], [e.at(starts[k], m)])))
                for v in range(V):
                    sums[k * V + v] = e.fma(row[v], one, sums[k * V + v])
            return sums

        sums = e.loop(ir.Constant(INT, 0), count, 1, [e.zero] * len(tile), add)
        # All are read before one is written: a row may be there twice. Sums of a few numbers are
        # added to those of all the others, as single numbers would leave more rounding errors.
        totals = [
            builder.fadd(e.load(data[0], place), s) for place, s in zip(tile, sums, strict=True)
        ]
        for value, place in zip(totals, tile, strict=True):
            e.store(value, data[0], place)
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
        count, m, filters, ks = e.items(args[7], 4)
        g_row, x_row = e.items(args[8], 2)
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


@intrinsic(prefer_literal=True)
def turn(typing, to, to_at, to_step, x, x_at, x_step, width):
    """to[n, m] = x[m, n] of a square so many bytes wide; the steps are from row to row."""
    n = types.intp

    def emit(context, builder, _, args):
        e = Emit(context, builder, x, width.literal_value)
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

    return types.void(to, n, n, x, n, n, width), emit
