"""The loops of pooling.py over the windows of one or many planes, for any geometry.

A plane is (H, W * I) numbers of a memory (P, H, M, W, I): number q of P * M. `dims` are these five,
`out` is (OH, OW), `window` what pooling.py says. In `..._planes` a plane is copied with its padding
and each position in the kernel is a shift of all of it. In `..._pixels` P is 1, and I long.
"""

from __future__ import annotations

import numba
import numpy as np

from . import kernel

_within = numba.njit(inline="always")  # part of a kernel: a call for each row takes as long as it


@kernel
def max_planes(x, y, taps, first_h, first_w, dims, out, window, begin, end):
    _, _, m, _, inner = dims
    oh, ow = out
    kh, kw, sh, sw, ph, pw, dh, dw = window
    wide = ((ow - 1) * sw + (kw - 1) * dw + 1) * inner  # a row with what padding it needs
    count = ((oh - 1) * sh * wide) + ((ow - 1) * sw + 1) * inner  # places of windows in a plane
    taller = count + (kh - 1) * dh * wide  # and of their rows
    plane = np.empty(taller + (kw - 1) * dw * inner, x.dtype)
    _fill(plane, x.dtype.type(-np.inf))
    row_best, best = np.empty(taller, x.dtype), np.empty(count, x.dtype)
    row_taps, best_taps = np.empty(taller, taps.dtype), np.empty(count, taps.dtype)
    # Padding never wins, so a window that starts there starts at its first tap outside.
    row_start, start = np.zeros(taller, taps.dtype), np.zeros(count, taps.dtype)
    for at in range(0, taller, wide):
        for j in range(ow):
            here = at + j * sw * inner
            row_start[here : here + inner] = first_w[j]
    for i in range(oh):
        start[i * sh * wide : (i * sh + 1) * wide] = first_h[i] * kw
    for q in range(begin, end):
        p, c = divmod(q, m)
        _place(x, plane, dims, wide, (ph, pw), (1, 1), p, c)
        for i in range(taller):
            row_best[i], row_taps[i] = plane[i], row_start[i]
        for j in range(1, kw):
            _meet(row_best, 0, row_taps, plane, j * dw * inner, taps.dtype.type(j))
        for i in range(count):
            best[i], best_taps[i] = row_best[i], taps.dtype.type(row_taps[i] + start[i])
        for i in range(1, kh):
            at = i * dh * wide
            _meet_rows(best, best_taps, row_best, row_taps, at, taps.dtype.type(i * kw))
        for i in range(oh):
            at, to = i * sh * wide, ((p * oh + i) * m + c) * ow * inner
            _every(sw, best, at, y, to, ow, inner)
            _every(sw, best_taps, at, taps, to, ow, inner)


@_within
def _every(step, x, at, y, to, number, inner):
    """Copy every `step`th of groups of `inner` numbers, from x[at] to y[to]."""
    here, there = x[at:], y[to : to + number * inner]
    if step == 1:
        for i in range(there.size):
            there[i] = here[i]
    elif step == 2 and inner == 1:
        for i in range(there.size):
            there[i] = here[2 * i]
    elif inner == 1:
        for i in range(there.size):
            there[i] = here[step * i]
    else:
        for j in range(number):
            for k in range(inner):
                there[j * inner + k] = here[j * step * inner + k]


@_within
def _meet(best, to, taps, x, at, tap):
    """Where x is larger or nan it and its tap replace the best."""
    ours, other = best[to : to + taps.size], x[at:]
    for i in range(taps.size):
        new = (other[i] > ours[i]) | (other[i] != other[i])
        ours[i] = other[i] if new else ours[i]
        taps[i] = tap if new else taps[i]


@kernel
def _meet_rows(best, taps, x, x_taps, at, tap):
    """The same; the tap of x is x_taps + tap."""
    other, other_taps = x[at:], x_taps[at:]
    for i in range(best.size):
        new = (other[i] > best[i]) | (other[i] != other[i])
        best[i] = other[i] if new else best[i]
        taps[i] = taps.dtype.type(other_taps[i] + tap) if new else taps[i]


@kernel
def _fill(x, value):
    for i in range(x.size):
        x[i] = value


@_within
def _place(x, plane, dims, wide, before, steps, p, c):
    """Plane (p, c) of x into the padded plane, its numbers `steps` apart."""
    _, rows, m, columns, inner = dims
    (above, left), (up, right) = before, steps
    skipped = max(0, -(left // right))  # numbers of x before the padded plane, and in it
    left += skipped * right
    number = min(columns - skipped, (wide // inner - left - 1) // right + 1)
    for h in range(rows):
        row = above + h * up
        if row >= 0 and row * wide < plane.size and number > 0:
            at = ((p * rows + h) * m + c) * columns * inner + skipped * inner
            to = row * wide + left * inner
            _spread(right, x, at, plane, to, number, inner)


@_within
def _spread(step, x, at, y, to, number, inner):
    """Copy groups of `inner` numbers from x[at] into every `step`th place of y from y[to] on."""
    here, there = x[at : at + number * inner], y[to:]
    if step == 1:
        for i in range(here.size):
            there[i] = here[i]
    elif step == 2 and inner == 1 and there.size >= 2 * number:
        zero = x.dtype.type(0)
        for i in range(here.size):
            there[2 * i], there[2 * i + 1] = here[i], zero
    else:
        for j in range(number):
            for k in range(inner):
                there[j * step * inner + k] = here[j * inner + k]


@kernel
def max_pixels(x, y, taps, first_h, first_w, dims, out, window, begin, end):
    _, rows, m, columns, inner = dims
    oh, ow = out
    kh, kw, sh, sw, ph, pw, dh, dw = window
    best_taps = np.empty(inner, taps.dtype)
    for q in range(begin, end):
        for i in range(oh):
            for j in range(ow):
                to = ((i * m + q) * ow + j) * inner
                is_first = True
                for a in range(first_h[i], kh):
                    row = i * sh - ph + a * dh
                    if row >= rows:
                        break
                    for b in range(first_w[j], kw):
                        column = j * sw - pw + b * dw
                        if column >= columns:
                            break
                        at = ((row * m + q) * columns + column) * inner
                        tap = taps.dtype.type(a * kw + b)
                        if is_first:
                            is_first = False
                            _start(y, to, best_taps, x, at, tap)
                        else:
                            _meet(y, to, best_taps, x, at, tap)
                _every(1, best_taps, 0, taps, to, 1, inner)


@_within
def _start(best, to, taps, x, at, tap):
    ours, other = best[to : to + taps.size], x[at:]
    for i in range(taps.size):
        ours[i], taps[i] = other[i], tap


@kernel
def scatter(g, taps, gx, offsets, dims, out, window, begin, end):
    _, rows, m, columns, inner = dims
    oh, ow = out
    sh, sw, ph, pw = window
    zero = g.dtype.type(0)
    for q in range(begin, end):
        p, c = divmod(q, m)
        together = rows if m == 1 else 1  # the rows that follow each other in memory
        for h in range(0, rows, together):
            at = ((p * rows + h) * m + c) * columns * inner
            here = gx[at : at + together * columns * inner]
            for i in range(here.size):
                here[i] = zero
        for i in range(oh):
            at = ((p * oh + i) * m + c) * ow * inner
            to = ((p * rows + i * sh - ph) * m + c) * columns * inner - pw * inner
            for _ in range(ow):
                for k in range(inner):
                    gx[to + k + offsets[taps[at + k]]] += g[at + k]
                at += inner
                to += sw * inner


@kernel
def sum_pixels(x, y, low_h, high_h, low_w, high_w, dims, out, begin, end):
    _, _, m, columns, inner = dims
    oh, ow = out
    for q in range(begin, end):
        for i in range(oh):
            for j in range(ow):
                to = ((i * m + q) * ow + j) * inner
                total, is_first = y[to : to + inner], True
                for row in range(low_h[i], high_h[i]):
                    for column in range(low_w[j], high_w[j]):
                        at = ((row * m + q) * columns + column) * inner
                        here = x[at : at + inner]
                        if is_first:
                            is_first = False
                            for k in range(inner):
                                total[k] = here[k]
                        else:
                            for k in range(inner):
                                total[k] += here[k]
                if is_first:
                    _fill(total, x.dtype.type(0))


@kernel
def sum_planes(x, y, dims, out, window, begin, end):
    _, _, m, _, inner = dims
    oh, ow = out
    kh, kw, sh, sw, ph, pw, up, right = window
    wide = ((ow - 1) * sw + kw) * inner
    count = ((oh - 1) * sh * wide) + ((ow - 1) * sw + 1) * inner
    taller = count + (kh - 1) * wide
    plane = np.empty(taller + (kw - 1) * inner, x.dtype)
    row_sums, sums = np.empty(taller, x.dtype), np.empty(count, x.dtype)
    _fill(plane, x.dtype.type(0))
    for q in range(begin, end):
        p, c = divmod(q, m)
        _place(x, plane, dims, wide, (ph, pw), (up, right), p, c)
        _shifted_sum(row_sums, plane, kw, inner)
        _shifted_sum(sums, row_sums, kh, wide)
        for i in range(oh):
            to = ((p * oh + i) * m + c) * ow * inner
            _every(sw, sums, i * sh * wide, y, to, ow, inner)


@kernel
def _shifted_sum(total, x, number, step):
    for i in range(total.size):
        total[i] = x[i]
    for j in range(1, number):
        shifted = x[j * step :]
        for i in range(total.size):
            total[i] += shifted[i]
