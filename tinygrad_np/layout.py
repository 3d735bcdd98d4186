"""The memory order of activations: H, C, W, N behind the shape (N, C, H, W). Decided here alone.

An output row of a convolution is then one matrix product on a contiguous window of memory
(conv_algorithms/row_fused.py). NumPy's elementwise functions keep the order of their inputs, so it
travels through a network by itself; where it was lost, `internal` restores it with one copy.
Speed depends on the order, results never do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .allocation import aligned
from .compilable import compilable
from .threads import COPY, in_parts

Array = np.ndarray[Any, Any]
Shape = tuple[int, int, int, int]

_CACHED = 1 << 18  # bytes
_MEMORY = (2, 1, 3, 0)  # where H, C, W, N stand in the shape (N, C, H, W)
_LOGICAL = (3, 1, 0, 2)  # and back


def memory(x: Array) -> Array:
    """The contiguous array (H, C, W, N) with the values of x (N, C, H, W): a view where it can be.

    >>> memory(np.zeros((64, 3, 28, 30))).shape
    (28, 3, 30, 64)
    """
    m = x.transpose(_MEMORY)
    return m if m.flags.c_contiguous else _copied(m)


def in_c_order(x: Array) -> Array:
    """A copy of x, of any number of axes, in the order of its shape.

    >>> in_c_order(empty((2, 3, 4, 5), np.float32)).flags.c_contiguous
    True
    """
    return _copied(x) if x.ndim == 4 else np.array(x, order="C")


@compilable("copies.copied", at=0)
def _copied(x: Array) -> Array:
    """A contiguous copy of x with four axes, a few of its channels at a time.

    So what is read lies in the cache while it is written in another order. Between this order and
    PyTorch's: 1.7 ms and not 5.5 for (64, 64, 16, 16), 11 and not 48 for (1000, 6, 28, 28).
    """
    copy = np.empty(x.shape, x.dtype)
    block = max(1, _CACHED * x.shape[1] // max(1, x.nbytes))

    def copied(part: slice) -> None:
        for start in range(part.start, part.stop, block):
            here = slice(start, min(start + block, part.stop))
            copy[:, here] = x[:, here]

    in_parts(copied, x.shape[1], COPY * x.size)
    return copy


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


def kept(x: Array) -> Array:
    """x where its memory has the order of its shape, or the internal one; else `internal(x)`.

    >>> x = np.zeros((2, 3, 4, 5))
    >>> kept(x) is x, is_internal(kept(x[:, ::2]))
    (True, True)
    """
    return x if x.flags.c_contiguous else internal(x)


def order(x: Array) -> tuple[int, ...]:
    """The axes of an x that is `kept` as they lie in memory.

    >>> order(np.zeros((2, 3, 4, 5))), order(empty((2, 3, 4, 5), np.float32))
    ((0, 1, 2, 3), (2, 1, 3, 0))
    """
    return (0, 1, 2, 3) if x.flags.c_contiguous else _MEMORY


def in_order_of(other: Array, x: Array) -> Array:
    """x in the order of `other`, which is `kept`: x itself if it has that, else a copy.

    >>> is_internal(in_order_of(internal(np.zeros((2, 3, 4, 5))), np.zeros((2, 3, 4, 5))))
    True
    """
    return np.ascontiguousarray(x) if other.flags.c_contiguous else internal(x)


def empty(shape: Shape, dtype: Any) -> Array:
    """An array of the shape (N, C, H, W) in the internal order, its values not set.

    >>> empty((2, 3, 4, 5), np.float32).strides == (4, 40, 120, 8)
    True
    """
    n, c, h, w = shape
    return logical(aligned((h, c, w, n), np.dtype(dtype)))


def zeros(shape: Shape, dtype: Any) -> Array:
    """`empty`, filled with 0.

    >>> float(zeros((2, 3, 4, 5), np.float32).sum())
    0.0
    """
    n, c, h, w = shape
    return logical(np.zeros((h, c, w, n), dtype))
