"""Where tensors live, and how NumPy computes there: without warnings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
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

# hush() turns NumPy's warnings off in this thread, unhush(what it gave) back to what they were.
try:  # what errstate itself sets: 0.2 us an op, and not 0.9
    from numpy._core.umath import _extobj_contextvar, _make_extobj

    hush: Callable[[], Any] = partial(_extobj_contextvar.set, _make_extobj(all="ignore"))
    unhush: Callable[[Any], None] = _extobj_contextvar.reset
except ImportError:  # a NumPy that has moved them

    def hush() -> Any:
        state = numpy.errstate(all="ignore")
        state.__enter__()
        return state

    def unhush(state: Any) -> None:
        state.__exit__()


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function to give inf and nan without a warning, as every Op does."""

    @wraps(function)
    def without_warnings(*args: Any, **kwargs: Any) -> Any:
        before = hush()
        try:
            return function(*args, **kwargs)
        finally:
            unhush(before)

    return without_warnings
