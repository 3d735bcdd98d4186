"""Where tensors live, and how memory comes from the system."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy


class device:
    """The name of a place for tensors, as torch.device; here every tensor lives on the CPU.

    Raises RuntimeError for any other device, by name.

    >>> device("cpu")
    device(type='cpu')
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        name, _, number = str(type).partition(":")
        if name != "cpu":
            raise RuntimeError(f"tinygrad_np computes on device 'cpu' only, not on {type!r}")
        self.type = name
        self.index = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, device):
            return NotImplemented
        return (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"


CPU = device("cpu")

try:  # what errstate itself sets: 0.4 us for each tiny op, and not 0.9
    from numpy._core.umath import _extobj_contextvar, _make_extobj

    _IGNORE = _make_extobj(all="ignore")

    def quiet(forward: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a forward to give inf and nan without a warning, as PyTorch: x / 0 is inf."""

        @wraps(forward)
        def without_warnings(*args: Any) -> Any:
            before = _extobj_contextvar.set(_IGNORE)
            try:
                return forward(*args)
            finally:
                _extobj_contextvar.reset(before)

        return without_warnings

except ImportError:  # another NumPy
    quiet = numpy.errstate(all="ignore")  # type: ignore[assignment]


def keep_freed_memory() -> None:
    """Make glibc keep freed memory instead of handing it back after every step.

    Otherwise page faults double the time of a LeNet step (measured: 6.6 to 3.0 ms). Freeing one
    block of 31 MiB raises glibc's thresholds for the whole process; elsewhere it does nothing.
    TINYGRAD_NP_KEEP_MEMORY=0 in the environment turns it off.
    """
    if os.environ.get("TINYGRAD_NP_KEEP_MEMORY", "1") != "0":
        numpy.empty(31 << 20, numpy.uint8)


_LINE = 64  # bytes: a line of the cache, and a vector of AVX-512


def aligned(shape: tuple[int, ...], dtype: Any, strides: Any = None) -> numpy.ndarray[Any, Any]:
    """numpy.empty from the start of a line of the cache on, where NumPy's begins somewhere in one.

    Then no vector of a loop lies in two lines: the sums of a 3x3 convolution of 128 channels take
    8.1 ms and not 11.1.

    >>> x = aligned((2, 3), numpy.dtype(numpy.float32))
    >>> x.shape, x.ctypes.data % 64
    ((2, 3), 0)
    """
    memory = numpy.empty(math.prod(shape) * dtype.itemsize + _LINE, numpy.uint8)
    start = -memory.ctypes.data % _LINE
    # Behind a memoryview, so that x.base is no array, and x all of its storage (copying.py).
    return numpy.ndarray(shape, dtype, memoryview(memory), start, strides)
