"""What `dim` means: negative, several, none; and NumPy's names for it."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def axis(dim: int, ndim: int) -> int:
    """`dim` counted from the front; a 0-d tensor has the dims 0 and -1.

    Raises TypeError for what is no int, IndexError where there is no such dimension.

    >>> axis(-1, 3)
    2
    """
    if not isinstance(dim, int) or isinstance(dim, bool):
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
        dim = operator.index(dim)
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
            f"but got {dim})"
        )
    return dim % limit


def axes(dim: Any, ndim: int) -> tuple[int, ...]:
    """`dim` (an int, several, or None or () for all) as a tuple of axes in order.

    Raises IndexError for a missing dimension, RuntimeError for one that is named twice.

    >>> axes(None, 2), axes((-1, 0), 3)
    ((0, 1), (0, 2))
    """
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return tuple(range(ndim))
    found = sorted(axis(d, ndim) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    for a, b in itertools.pairwise(found):
        if a == b:
            raise RuntimeError(f"dim {a} appears multiple times in the list of dims")
    return tuple(found) if ndim else ()


def along_axes(function: Function) -> Function:
    """Let `axis`, `keepdims` and `out=None`, NumPy's names, stand for `dim` and `keepdim`."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
                if theirs in kwargs:
                    kwargs[ours] = kwargs.pop(theirs)
            if kwargs.get("out", 0) is None:
                del kwargs["out"]
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]
