"""The loops of norms.py: means, variances and gradients by channel, by column and by row.

`channels` are A x C x B numbers, kept along C; `columns` the same with B = 1; `rows` have a weight
for each position. Sums of columns and of channels are float64; those of 64 rows of a column, of a
row or of B neighbours have the dtype of the array.
"""

from __future__ import annotations

import math

import numpy

from . import kernel

FOLD = 64  # rows whose sums by column have the dtype of x: with 4 at a time 93 us become 51


@kernel
def channels(x, y, mean, var, w, b, eps, start, stop):
    for c in range(start, stop):
        total = 0.0
        for a in range(x.shape[0]):
            part = x.dtype.type(0)
            for i in range(x.shape[2]):
                part += x[a, c, i]
            total += part
        n = x.shape[0] * x.shape[2]
        m = x.dtype.type(total / n)
        total = 0.0
        for a in range(x.shape[0]):
            part = x.dtype.type(0)
            for i in range(x.shape[2]):
                part += (x[a, c, i] - m) * (x[a, c, i] - m)
            total += part
        mean[c], var[c] = m, total / n
        k = w[c] / math.sqrt(var[c] + eps)
        for a in range(x.shape[0]):
            for i in range(x.shape[2]):
                y[a, c, i] = (x[a, c, i] - m) * k + b[c]


@kernel
def channels_dx(g, x, dx, mean, scale, dw, db, w, start, stop):
    for c in range(start, stop):
        m, total, inner = mean[c], 0.0, 0.0
        for a in range(x.shape[0]):
            part, product = x.dtype.type(0), x.dtype.type(0)
            for i in range(x.shape[2]):
                part += g[a, c, i]
                product += g[a, c, i] * (x[a, c, i] - m)
            total += part
            inner += product
        dw[c], db[c] = inner * scale[c], total
        n = x.shape[0] * x.shape[2]
        k, shift = scale[c] * w[c], x.dtype.type(total / n)
        slope = x.dtype.type(inner / n * scale[c] * scale[c])
        for a in range(x.shape[0]):
            for i in range(x.shape[2]):
                dx[a, c, i] = (g[a, c, i] - shift - (x[a, c, i] - m) * slope) * k


@kernel
def columns(x, y, mean, var, w, b, eps, start, stop):
    total, part, k = numpy.zeros(x.shape[1]), numpy.zeros_like(mean), numpy.empty_like(mean)
    first = numpy.empty_like(mean)  # about this the sums are small, whatever the mean
    for c in range(x.shape[1]):
        first[c] = x[0, c] if math.isfinite(x[0, c]) else x.dtype.type(0)
    fours = x.shape[0] - x.shape[0] % 4
    for a in range(0, fours, 4):
        for c in range(x.shape[1]):
            p, q = x[a, c] - first[c], x[a + 1, c] - first[c]
            r, s = x[a + 2, c] - first[c], x[a + 3, c] - first[c]
            part[c] += (p + q) + (r + s)
        if a % FOLD == FOLD - 4:
            _fold(part, total)
    for a in range(fours, x.shape[0]):
        for c in range(x.shape[1]):
            part[c] += x[a, c] - first[c]
    _fold(part, total)
    for c in range(x.shape[1]):
        mean[c], total[c] = first[c] + total[c] / x.shape[0], 0.0
    for a in range(0, fours, 4):
        for c in range(x.shape[1]):
            p, q = x[a, c] - mean[c], x[a + 1, c] - mean[c]
            r, s = x[a + 2, c] - mean[c], x[a + 3, c] - mean[c]
            part[c] += (p * p + q * q) + (r * r + s * s)
        if a % FOLD == FOLD - 4:
            _fold(part, total)
    for a in range(fours, x.shape[0]):
        for c in range(x.shape[1]):
            part[c] += (x[a, c] - mean[c]) * (x[a, c] - mean[c])
    _fold(part, total)
    for c in range(x.shape[1]):
        var[c] = total[c] / x.shape[0]
        k[c] = w[c] / math.sqrt(var[c] + eps)
    for a in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[a, c] = (x[a, c] - mean[c]) * k[c] + b[c]


@kernel
def columns_dx(g, x, dx, mean, scale, dw, db, w, start, stop):
    total, inner = numpy.zeros(x.shape[1]), numpy.zeros(x.shape[1])
    part, product = numpy.zeros_like(mean), numpy.zeros_like(mean)
    fours = x.shape[0] - x.shape[0] % 4
    for a in range(0, fours, 4):
        for c in range(x.shape[1]):
            part[c] += (g[a, c] + g[a + 1, c]) + (g[a + 2, c] + g[a + 3, c])
            p, q = g[a, c] * (x[a, c] - mean[c]), g[a + 1, c] * (x[a + 1, c] - mean[c])
            r, s = g[a + 2, c] * (x[a + 2, c] - mean[c]), g[a + 3, c] * (x[a + 3, c] - mean[c])
            product[c] += (p + q) + (r + s)
        if a % FOLD == FOLD - 4:
            _fold(part, total)
            _fold(product, inner)
    for a in range(fours, x.shape[0]):
        for c in range(x.shape[1]):
            part[c] += g[a, c]
            product[c] += g[a, c] * (x[a, c] - mean[c])
    _fold(part, total)
    _fold(product, inner)
    k, shift, slope = numpy.empty_like(mean), numpy.empty_like(mean), numpy.empty_like(mean)
    for c in range(x.shape[1]):
        dw[c], db[c] = inner[c] * scale[c], total[c]
        k[c], shift[c] = scale[c] * w[c], total[c] / x.shape[0]
        slope[c] = inner[c] / x.shape[0] * scale[c] * scale[c]
    for a in range(x.shape[0]):
        for c in range(x.shape[1]):
            dx[a, c] = (g[a, c] - shift[c] - (x[a, c] - mean[c]) * slope[c]) * k[c]


@kernel
def _fold(part, total):
    """Add the sums of a few rows to those of all, in float64, and begin them anew."""
    for c in range(total.size):
        total[c] += part[c]
        part[c] = part.dtype.type(0)


@kernel
def rows(x, y, mean, var, w, b, eps):
    n = x.shape[1]
    for r in range(x.shape[0]):
        total = x.dtype.type(0)
        for i in range(n):
            total += x[r, i]
        m = x.dtype.type(total / n)
        total = x.dtype.type(0)
        for i in range(n):
            total += (x[r, i] - m) * (x[r, i] - m)
        mean[r], var[r] = m, total / n
        k = x.dtype.type(1 / math.sqrt(var[r] + eps))
        for i in range(n):
            y[r, i] = (x[r, i] - m) * k * w[i] + b[i]


@kernel
def rows_dx(g, x, dx, mean, scale, w):
    n = x.shape[1]
    dw, db = numpy.zeros(n), numpy.zeros(n)
    for r in range(x.shape[0]):
        m, k, total, inner = mean[r], scale[r], x.dtype.type(0), x.dtype.type(0)
        for i in range(n):
            h = g[r, i] * w[i]
            total += h
            inner += h * (x[r, i] - m)
        shift, slope = x.dtype.type(total / n), x.dtype.type(inner / n * k * k)
        for i in range(n):
            dx[r, i] = (g[r, i] * w[i] - shift - (x[r, i] - m) * slope) * k
            dw[i] += g[r, i] * (x[r, i] - m) * k
            db[i] += g[r, i]
    return dw, db
