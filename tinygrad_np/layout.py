"""The memory order of activations: H, C, W, N behind the shape (N, C, H, W). Decided here alone.

An output row of a convolution is then one matrix product on a contiguous window of memory
(conv_algorithms/row_fused.py). NumPy's elementwise functions keep the order of their inputs, so it
travels through a network by itself; where it was lost, `internal` restores it with one copy.
Speed depends on the order, results never do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, int, int, int]

_MEMORY = (2, 1, 3, 0)  # where H, C, W, N stand in the shape (N, C, H, W)
_LOGICAL = (3, 1, 0, 2)  # and back


def memory(x: Array) -> Array:
    """The contiguous array (H, C, W, N) with the values of x (N, C, H, W): a view where it can be.

    >>> memory(np.zeros((64, 3, 28, 30))).shape
    (28, 3, 30, 64)
    """
    return np.ascontiguousarray(x.transpose(_MEMORY))


def logical(m: Array) -> Array:
    """The view (N, C, H, W) of m (H, C, W, N).

    >>> logical(np.zeros((28, 3, 30, 64))).shape
    (64, 3, 28, 30)
    """
    return m.transpose(_LOGICAL)


def internal(x: Array) -> Array:
    """x (N, C, H, W) in the internal order: x's own memory if it has that order, else a copy.

    >>> x = internal(np.arange(16.0).reshape(2, 2, 2, 2))
    >>> is_internal(x), np.shares_memory(internal(x), x)
    (True, True)
    """
    return logical(memory(x))


def is_internal(x: Array) -> bool:
    """Whether `internal(x)` is free. Axes of size 1 lie in every order.

    >>> is_internal(np.zeros((64, 1, 28, 28))), is_internal(np.zeros((1, 1, 28, 28)))
    (False, True)
    """
    return bool(x.transpose(_MEMORY).flags.c_contiguous)


def empty(shape: Shape, dtype: Any) -> Array:
    """An array of the shape (N, C, H, W) in the internal order, its values not set.

    >>> empty((2, 3, 4, 5), np.float32).strides == (4, 40, 120, 8)
    True
    """
    n, c, h, w = shape
    return logical(np.empty((h, c, w, n), dtype))


def zeros(shape: Shape, dtype: Any) -> Array:
    """`empty`, filled with 0.

    >>> float(zeros((2, 3, 4, 5), np.float32).sum())
    0.0
    """
    n, c, h, w = shape
    return logical(np.zeros((h, c, w, n), dtype))
