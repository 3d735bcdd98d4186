"""Pools whose 2x2 windows tile the image, as in LeNet: each number is read, or written, once.

Memory is (P, H, M, W, I) as in pooling.py. Loops run along W where I is 1, else along I.
"""

from __future__ import annotations

import numpy as np

from . import kernel


@kernel
def maxima(x, y, taps, dims, begin, end):
    """y and taps of planes begin to end."""
    _, rows, m, columns, inner = dims
    ow = columns // 2
    for q in range(begin, end):
        p, c = divmod(q, m)
        for i in range(rows // 2):
            top = ((p * rows + 2 * i) * m + c) * columns * inner
            to = ((p * (rows // 2) + i) * m + c) * ow * inner
            if inner == 1:
                a, b = x[top:], x[top + m * columns :]
                best, tap = y[to : to + ow], taps[to : to + ow]
                for j in range(best.size):
                    best[j], tap[j] = _best(a[2 * j], a[2 * j + 1], b[2 * j], b[2 * j + 1])
                continue
            for j in range(ow):
                at = top + 2 * j * inner
                a, b, below = x[at:], x[at + inner :], at + m * columns * inner
                a2, b2 = x[below:], x[below + inner :]
                here = to + j * inner
                best, tap = y[here : here + inner], taps[here : here + inner]
                for k in range(best.size):
                    best[k], tap[k] = _best(a[k], b[k], a2[k], b2[k])


@kernel
def _best(a, b, c, d):
    """The largest and its number: of equal ones the first, but the last nan."""
    tap = np.int32(0)
    new = (b > a) | (b != b)
    a, tap = b if new else a, np.int32(1) if new else tap
    new = (c > a) | (c != c)
    a, tap = c if new else a, np.int32(2) if new else tap
    new = (d > a) | (d != d)
    return d if new else a, np.int32(3) if new else tap


@kernel
def scatter(g, taps, gx, dims, begin, end):
    """gx of planes begin to end: each g at its tap, else 0. For a large I."""
    _, rows, m, columns, inner = dims
    ow, zero = columns // 2, g.dtype.type(0)
    for q in range(begin, end):
        p, c = divmod(q, m)
        for i in range(rows // 2):
            top = ((p * rows + 2 * i) * m + c) * columns * inner
            to = ((p * (rows // 2) + i) * m + c) * ow * inner
            for j in range(ow):
                at = top + 2 * j * inner
                a, b, below = gx[at:], gx[at + inner :], at + m * columns * inner
                a2, b2 = gx[below:], gx[below + inner :]
                here = to + j * inner
                v, tap = g[here : here + inner], taps[here : here + inner]
                for k in range(v.size):
                    a[k] = v[k] if tap[k] == 0 else zero
                    b[k] = v[k] if tap[k] == 1 else zero
                    a2[k] = v[k] if tap[k] == 2 else zero
                    b2[k] = v[k] if tap[k] == 3 else zero


@kernel
def sums(x, y, factor, dims, begin, end):
    """y of planes begin to end: the sum of each window * factor."""
    _, rows, m, columns, inner = dims
    ow = columns // 2
    for q in range(begin, end):
        p, c = divmod(q, m)
        for i in range(rows // 2):
            top = ((p * rows + 2 * i) * m + c) * columns * inner
            to = ((p * (rows // 2) + i) * m + c) * ow * inner
            if inner == 1:
                a, b, total = x[top:], x[top + m * columns :], y[to : to + ow]
                for j in range(total.size):
                    v, w = a[2 * j] + a[2 * j + 1], b[2 * j] + b[2 * j + 1]
                    total[j] = (v + w) * factor
                continue
            for j in range(ow):
                at = top + 2 * j * inner
                a, b, below = x[at:], x[at + inner :], at + m * columns * inner
                a2, b2, here = x[below:], x[below + inner :], to + j * inner
                total = y[here : here + inner]
                for k in range(total.size):
                    total[k] = ((a[k] + b[k]) + (a2[k] + b2[k])) * factor


@kernel
def spread(g, gx, factor, dims, begin, end):
    """gx of planes begin to end: g * factor at the four places of its window."""
    _, rows, m, columns, inner = dims
    ow = columns // 2
    for q in range(begin, end):
        p, c = divmod(q, m)
        for i in range(rows // 2):
            top = ((p * rows + 2 * i) * m + c) * columns * inner
            to = ((p * (rows // 2) + i) * m + c) * ow * inner
            if inner == 1:
                a, b, v = gx[top:], gx[top + m * columns :], g[to : to + ow]
                for j in range(v.size):
                    share = v[j] * factor
                    a[2 * j], a[2 * j + 1] = share, share
                for j in range(columns):
                    b[j] = a[j]
                continue
            for j in range(ow):
                at = top + 2 * j * inner
                a, b, below = gx[at:], gx[at + inner :], at + m * columns * inner
                a2, b2, here = gx[below:], gx[below + inner :], to + j * inner
                v = g[here : here + inner]
                for k in range(v.size):
                    share = v[k] * factor
                    a[k], b[k], a2[k], b2[k] = share, share, share, share
