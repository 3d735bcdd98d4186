"""How memory comes from the system, and where in it an array starts."""

from __future__ import annotations

import math
import os
from ctypes import CDLL, addressof, c_char
from typing import Any

import numpy

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """Make glibc keep what is freed in blocks of up to 32 MiB, for the next arrays of this process.

    At most 1 GiB at the end of its heap, and larger blocks go back to the system. Otherwise a step
    has 2,000 page faults: a 3x3 convolution, relu and pooling of 256 images take 47 ms, not 30.
    Without glibc, and with TINYGRAD_NP_KEEP_MEMORY=0 in the environment, nothing is done.
    Source: mallopt(3).
    """
    if os.environ.get("TINYGRAD_NP_KEEP_MEMORY", "1") != "0":
        try:
            mallopt = CDLL(None).mallopt
        except (AttributeError, OSError, TypeError):
            return
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the most that it takes
        mallopt(_M_TRIM_THRESHOLD, 1 << 30)


_LINE = 64  # bytes: a line of the cache, and a vector of AVX-512


class Memory(numpy.ndarray):
    """The bytes in which an `aligned` array lies: that array owns them, whatever its base says."""

    __slots__ = ()


def aligned(shape: tuple[int, ...], dtype: Any) -> numpy.ndarray[Any, Any]:
    """numpy.empty from the start of a line of the cache on, where NumPy's begins somewhere in one.

    Then no vector of a loop lies in two lines: the sums of a 3x3 convolution of 128 channels take
    8.1 ms and not 11.1.

    >>> x = aligned((2, 3), numpy.dtype(numpy.float32))
    >>> x.shape, x.ctypes.data % 64
    ((2, 3), 0)
    """
    memory: Any = Memory(math.prod(shape) * dtype.itemsize + _LINE, numpy.uint8)
    start = -addressof(c_char.from_buffer(memory)) % _LINE  # half the time of memory.ctypes.data
    return numpy.ndarray(shape, dtype, memory, start)


def owns(x: numpy.ndarray) -> bool:
    """Whether x is no view of another array.

    >>> x = aligned((2, 3), numpy.dtype(numpy.float32))
    >>> owns(x), owns(x.copy()), owns(x[1])
    (True, True, False)
    """
    return x.base is None or type(x.base) is Memory
