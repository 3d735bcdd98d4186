"""Softmax and its logarithm along the last axis, a row at a time while it lies in the cache."""

from __future__ import annotations

import math
from typing import Any

import numpy

from ..threads import in_parts
from . import kernel
from .exponential import power
from .vectors import whole_vectors

COST = 60  # flops that take as long as a number here
BLOCK = 4096  # so many numbers are summed in float32, in lanes of SIMD; the sums in float64


def log_softmax(op: Any, x: Any) -> Any:
    """`LogSoftmax.forward`."""
    return _by_rows(_log_softmax, op, x)


def log_softmax_dx(op: Any, g: Any, out: Any) -> Any:
    """`LogSoftmax.dx`."""
    return _by_rows(_log_softmax_dx, op, g, out)


def softmax(op: Any, x: Any) -> Any:
    """`Softmax.forward`."""
    return _by_rows(_softmax, op, x)


def softmax_dx(op: Any, g: Any, out: Any) -> Any:
    """`Softmax.dx`."""
    return _by_rows(_softmax_dx, op, g, out)


def _by_rows(loop: Any, op: Any, *arrays: Any) -> Any:
    x = arrays[0]
    if op.dim != x.ndim - 1 or not x.size:
        return NotImplemented
    for v in arrays:
        if v.dtype != numpy.float32 or not v.flags.c_contiguous:
            return NotImplemented
    y = numpy.empty_like(x)
    rows = [v if v.ndim == 2 else v.reshape(-1, x.shape[-1]) for v in (*arrays, y)]
    in_parts(lambda part: loop(*rows, part.start, part.stop), len(rows[0]), COST * x.size)
    return y


@kernel
def _ordered(bits):
    """Those of a float32 as an int32 that rises with it, and back. Without branches, as fmax."""
    return numpy.int32(bits ^ numpy.int32((bits >> numpy.int32(31)) & numpy.int32(0x7FFFFFFF)))


@kernel
def _largest(row):
    """Its maximum; of a row with a nan some value. As integers in SIMD: 0.1 ns, not 1.2, each."""
    top = numpy.int32(-0x80000000)
    for i in range(row.size):
        bits = _ordered(numpy.float32(row[i]).view(numpy.int32))
        top = bits if bits > top else top
    return numpy.int32(_ordered(top)).view(numpy.float32)


@kernel
def _log_softmax(x, y, start, stop):
    whole_vectors()
    for r in range(start, stop):
        row, out = x[r], y[r]
        top, total = _largest(row), 0.0
        for at in range(0, row.size, BLOCK):
            piece, part = row[at : at + BLOCK], numpy.float32(0)
            for i in range(piece.size):
                part += power(piece[i] - top)
            total += part
        log = numpy.float32(math.log(total))
        for i in range(row.size):
            out[i] = (row[i] - top) - log


@kernel
def _log_softmax_dx(g, y, dx, start, stop):
    whole_vectors()
    for r in range(start, stop):
        row, out, total = g[r], dx[r], 0.0
        for at in range(0, row.size, BLOCK):
            piece, part = row[at : at + BLOCK], numpy.float32(0)
            for i in range(piece.size):
                part += piece[i]
            total += part
        total32, logs = numpy.float32(total), y[r]
        for i in range(row.size):
            out[i] = row[i] - power(logs[i]) * total32


@kernel
def _softmax(x, y, start, stop):
    whole_vectors()
    for r in range(start, stop):
        row, out = x[r], y[r]
        top, total = _largest(row), 0.0
        for at in range(0, row.size, BLOCK):
            piece, made = row[at : at + BLOCK], out[at : at + BLOCK]
            part = numpy.float32(0)
            for i in range(piece.size):
                made[i] = power(piece[i] - top)
                part += made[i]
            total += part
        share = numpy.float32(1 / total)
        for i in range(row.size):
            out[i] *= share


@kernel
def _softmax_dx(g, y, dx, start, stop):
    for r in range(start, stop):
        row, shares, out, total = g[r], y[r], dx[r], 0.0
        for at in range(0, row.size, BLOCK):
            piece, weights = row[at : at + BLOCK], shares[at : at + BLOCK]
            part = numpy.float32(0)
            for i in range(piece.size):
                part += piece[i] * weights[i]
            total += part
        mean = numpy.float32(total)
        for i in range(row.size):
            out[i] = (row[i] - mean) * shares[i]
