"""Sums of arrays, by BLAS where it is faster than NumPy."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy

from .blas import one_thread
from .layout import is_internal, memory

_BLAS = (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64))
_FEW = 1024  # fewer numbers are summed before a product is called
_LONG = 4096  # longer rows are left to NumPy, which adds numbers in pairs and loses fewer digits


def summed(x: numpy.ndarray, axes: tuple[int, ...], keepdims: bool = False) -> numpy.ndarray:
    """`x.sum(axes, keepdims=keepdims)` in the dtype of x.

    What lies side by side is summed as a product with ones: the last axis (rows of 65 numbers four
    times as fast), the leading ones (2,048 rows of 65 to 512 numbers one to three times), and of
    images in the internal order all but the channels (twice to three times).

    >>> summed(numpy.ones((2, 3)), (1,), keepdims=True)
    array([[3.],
           [3.]])
    """
    if x.size >= _FEW and x.dtype in _BLAS:
        if axes == (0, 2, 3) and x.ndim == 4 and is_internal(x):
            h, c, w, n = memory(x).shape
            # (N, C, H, W) -> (H * C, W * N) -> (H, C) -> (C,)
            y = _of_rows(memory(x).reshape(h * c, w * n)).reshape(h, c).sum(0)
            return y.reshape(1, -1, 1, 1) if keepdims else y
        if x.flags.c_contiguous and (y := _side_by_side(x, axes)) is not None:
            return y.reshape(
                [1 if i in axes else n for i, n in enumerate(x.shape)]
                if keepdims
                else [n for i, n in enumerate(x.shape) if i not in axes]
            )
    return x.sum(axes, dtype=x.dtype, keepdims=keepdims)


def _side_by_side(x: numpy.ndarray, axes: tuple[int, ...]) -> numpy.ndarray | None:
    """The sums over the last axis or the leading ones, flat; None where NumPy is as good."""
    if axes == (x.ndim - 1,) and x.shape[-1] <= _LONG:
        count = x.size // x.shape[-1]
        return _of_rows(x.reshape(count, -1)) if count > 1 else None
    if axes != (*range(len(axes)),):
        return None
    count = math.prod(x.shape[len(axes) :])
    if count < 2:
        return None
    x = x.reshape(-1, count)
    with one_thread():
        return _ones(len(x), x.dtype) @ x


def _of_rows(x: numpy.ndarray) -> numpy.ndarray:
    if x.shape[1] > _LONG:
        return x.sum(1)
    with one_thread():
        return x @ _ones(x.shape[1], x.dtype)


def _ones(count: int, dtype: Any) -> numpy.ndarray:
    return _kept_ones(count, dtype) if count <= _LONG else numpy.ones(count, dtype)


@lru_cache(16)
def _kept_ones(count: int, dtype: Any) -> numpy.ndarray:
    ones = numpy.ones(count, dtype)
    ones.flags.writeable = False
    return ones


def sum_to(x: numpy.ndarray, shape: tuple[int, ...]) -> numpy.ndarray:
    """x summed along the axes that broadcasting from this shape stretched.

    Raises ValueError where it does not broadcast to that of x.

    >>> sum_to(numpy.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    new = x.ndim - len(shape)
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[new:], strict=True)):
        raise ValueError(f"{shape} does not broadcast to {x.shape}")
    stretched = [i + new for i, n in enumerate(shape) if n == 1 != x.shape[i + new]]
    return summed(x, (*range(new), *stretched), keepdims=True).reshape(shape)
