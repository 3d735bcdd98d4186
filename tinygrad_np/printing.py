"""The text of a tensor, as PyTorch prints it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import dtypes

Array = np.ndarray[Any, Any]


@dataclasses.dataclass
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets decimals, the size above which text is cut, items kept at an edge and the line width.

    A profile ('default', 'short' or 'full') sets all of them before the others are looked at;
    None leaves a value as it is, but `sci_mode=None` goes back to choosing by the values.
    Raises ValueError for an unknown profile.

    >>> set_printoptions(precision=2); print(tensor_text(np.array([1.234])))
    tensor([1.23], dtype=tinygrad_np.float64)
    >>> set_printoptions(profile="default")

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
    """
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"unknown profile {profile!r}: expected one of {', '.join(_PROFILES)}")
    given = {"precision": precision, "threshold": threshold}
    given |= {"edgeitems": edgeitems, "linewidth": linewidth}
    chosen = dataclasses.asdict(_PROFILES[profile]) if profile else {}
    chosen |= {name: value for name, value in given.items() if value is not None}
    vars(_options).update(chosen, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keywords for `set_printoptions`.

    >>> get_printoptions()["precision"]
    4
    """
    return dataclasses.asdict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """`set_printoptions` within a `with` block.

    >>> with printoptions(sci_mode=True): print(tensor_text(np.float32([1])))
    tensor([1.0000e+00])
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_text(
    array: Array,
    prefix: str = "tensor(",
    *,
    grad_fn: str | None = None,
    requires_grad: bool = False,
) -> str:
    """The text of a tensor with these values; `grad_fn` is the name that the suffix shows.

    >>> print(tensor_text(np.float32([[1, -2.5], [np.nan, 0]]), grad_fn="MulBackward0"))
    tensor([[ 1.0000, -2.5000],
            [    nan,  0.0000]], grad_fn=<MulBackward0>)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
    """
    dtype, default = dtypes.of(array), dtypes.get_default_dtype()
    suffixes = []
    if (array.size == 0 and array.ndim != 1) or (array.size and not _options.edgeitems):
        suffixes.append(f"size={array.shape}")
    # Empty brackets show no values from which int64 or bool could be told.
    if dtype not in ((default, dtypes.int64, dtypes.bool) if array.size else (default,)):
        suffixes.append(f"dtype={dtype}")
    if grad_fn:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes(prefix + _values_text(array, len(prefix)), suffixes, len(prefix)) + ")"


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        # Lines break where PyTorch's do, although the name of the library is longer.
        length = len(suffix.replace("tinygrad_np.", "torch."))
        if used + length + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + length
        else:
            text += ", " + suffix
            used += length + 2
    return text


def _values_text(array: Array, indent: int) -> str:
    if array.size == 0:
        return "[]"
    edge = _options.edgeitems if array.size > _options.threshold else array.size
    axes = [[i for i in _kept(size, edge) if i is not None] for size in array.shape]
    write, width = _writer(array[np.ix_(*axes)])
    return _nested(array, indent, edge, write, width)


def _kept(size: int, edge: int) -> list[int | None]:
    """The indices shown of an axis; None stands for all that are left out."""
    if size <= 2 * edge:
        return list(range(size))
    return [*range(edge), None, *range(size - edge, size)]


def _nested(array: Array, indent: int, edge: int, write: Callable[[Any], str], width: int) -> str:
    if array.ndim == 0:
        return write(array.item())
    margin = " " * (indent + 1)
    kept = _kept(len(array), edge)
    if array.ndim > 1:
        rows = [
            "..." if i is None else _nested(array[i], indent + 1, edge, write, width) for i in kept
        ]
        return "[" + ("," + "\n" * (array.ndim - 1) + margin).join(rows) + "]"
    left_out = " ..." if edge else "..."
    cells = [left_out if i is None else write(array[i].item()) for i in kept]
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(cells[i : i + per_line]) for i in range(0, len(cells), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"


def _writer(shown: Array) -> tuple[Callable[[Any], str], int]:
    """What writes one number, aligned to the right, and the width of its column.

    Infinities, nans and zeros do not count for the width, nor for the choice of the notation.
    """
    counted = shown.reshape(-1)
    write: Callable[[Any], str] = str
    if shown.dtype.kind == "f":
        counted = counted[np.isfinite(counted) & (counted != 0)]
        write = _float_writer(counted)
    width = max((len(write(number)) for number in counted.tolist()), default=1)
    return lambda number: write(number).rjust(width), width


def _float_writer(counted: Array) -> Callable[[float], str]:
    whole = bool((counted == np.ceil(counted)).all())
    if counted.size and _scientific(counted):
        return lambda number: f"{number:.{_options.precision}e}"
    if whole:
        return lambda number: f"{number:.0f}" + "." * math.isfinite(number)
    return lambda number: f"{number:.{_options.precision}f}"


def _scientific(counted: Array) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    sizes = np.abs(counted.astype(np.float64))
    small, large = float(sizes.min()), float(sizes.max())
    return large / small > 1000 or large > 1e8 or small < 1e-4
