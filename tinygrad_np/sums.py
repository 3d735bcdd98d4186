"""Sums of arrays, by BLAS where it is faster than NumPy."""

from __future__ import annotations

import math

import numpy

from .backend import quiet
from .blas import one_thread
from .layout import is_internal, memory

_BLAS = (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64))
_FEW = 1024  # fewer numbers are summed before a product is called
_LONG = 4096  # longer rows are left to NumPy, which adds numbers in pairs and loses fewer digits


@quiet  # inf - inf is nan
def summed(x: numpy.ndarray, axes: tuple[int, ...], keepdims: bool = False) -> numpy.ndarray:
    """`x.sum(axes, keepdims=keepdims)` in the dtype of x.

    What lies side by side is summed as a product with ones: the last axis (rows of 65 numbers four
    times as fast), the leading ones (2,048 rows of 65 to 512 numbers one to three times), and of
    images in the internal order all but the channels (twice to three times).

    >>> summed(numpy.ones((2, 3)), (1,), keepdims=True)
    array([[3.],
           [3.]])
    """
    if x.size < _FEW or x.dtype not in _BLAS:
        return x.sum(axes, dtype=x.dtype, keepdims=keepdims)
    if axes == (0, 2, 3) and x.ndim == 4 and is_internal(x):
        # (N, C, H, W) -> (H, C, W*N) -> (H, C) -> (C,)
        by_row = summed(memory(x).reshape(x.shape[2], x.shape[1], -1), (2,))
        return numpy.sum(by_row, 0).reshape([1, -1, 1, 1] if keepdims else [-1])
    if not x.flags.c_contiguous:
        return x.sum(axes, dtype=x.dtype, keepdims=keepdims)
    lengths = [n for i, n in enumerate(x.shape) if i not in axes]
    count = math.prod(lengths)
    rows = axes == (x.ndim - 1,) and x.shape[-1] <= _LONG
    if count < 2 or not (rows or axes == (*range(len(axes)),)):
        return x.sum(axes, dtype=x.dtype, keepdims=keepdims)
    ones = numpy.ones(x.size // count, x.dtype)
    with one_thread():
        y = x.reshape(count, -1) @ ones if rows else ones @ x.reshape(-1, count)
    kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
    return y.reshape(kept if keepdims else lengths)
