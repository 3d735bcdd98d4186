"""Loops compiled by Numba: what `compilable` functions call for large arrays, where Numba is there.

A kernel is a plain loop over the arrays that it is given, so that `in_parts` can give each thread
a slice of them; it holds no lock of Python's. It is compiled at its first call for a dtype and kept
on disk. Sums may be taken in another order than written (SIMD), nan and inf count as everywhere.

Two habits keep a loop in SIMD: an index runs from 0 (Numba must ask whether another is negative),
and constants have the dtype of the array (`x.dtype.type(0)`; a plain 0 makes a float64 of it).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy

from ..layout import is_internal

# Reassociation lets a sum run in SIMD lanes; contraction makes a * b + c one instruction.
# NumPy's errors: a division does not ask whether it is by zero, which would stop SIMD.
kernel = numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")

FLOATS = (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64))


def alike(x: Any, *others: Any) -> bool:
    """Whether these are arrays of one shape, float32 or float64, and one dense memory order.

    >>> x = numpy.zeros((2, 3), numpy.float32)
    >>> alike(x, x.copy()), alike(x, numpy.zeros((3, 2), numpy.float32).T)
    (True, False)
    """
    dtype, shape, strides = x.dtype, x.shape, x.strides
    for y in others:
        if type(y) is not numpy.ndarray or y.dtype != dtype:
            return False
        if y.shape != shape or y.strides != strides:
            return False
    return dtype in FLOATS and is_dense(x)


def is_dense(x: numpy.ndarray) -> bool:
    """Whether the numbers of x fill its memory, in whatever order of the axes."""
    if x.flags.forc or (x.ndim == 4 and is_internal(x)):  # the everyday cases
        return True
    return x.transpose(memory_order(x)).flags.c_contiguous


def memory_order(x: numpy.ndarray) -> list[int]:
    """The axes of x as they lie in memory, the fastest last.

    >>> memory_order(numpy.zeros((2, 3)).T)
    [1, 0]
    """
    return sorted(range(x.ndim), key=lambda i: (-x.strides[i], i))


def flat(x: numpy.ndarray) -> numpy.ndarray:
    """The memory of a dense array: a view with one axis."""
    return x.ravel("K")
