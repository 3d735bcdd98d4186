"""What stands between the brackets of `x[...]`: PyTorch's meaning in NumPy's words."""

from __future__ import annotations

import operator
from typing import Any

import numpy

from ..tensor import Tensor

Index = tuple[Any, ...]
Shape = tuple[int, ...]


def parsed(index: Any, shape: Shape) -> list[Index]:
    """An index of a tensor of this shape as one or two for NumPy, to be taken in turn.

    PyTorch takes integers, slices and None first, and masks and integer arrays from what is left.
    NumPy counts an integer among the arrays, which may move the axis that they make to the front:
    so integers beside arrays are an index of their own. An Ellipsis makes NumPy give an array, and
    a view, where it would give a number. Raises IndexError for what does not fit.

    >>> parsed((0, ..., [1, 0]), (2, 3, 4))
    [(0, Ellipsis, slice(None, None, None)), (Ellipsis, array([1, 0]))]
    """
    if type(index) is int and shape:  # the everyday case
        return [(index, Ellipsis)]
    parts = [_part(part) for part in (index if _is_tuple(index) else (index,))]
    parts = _one_ellipsis(parts, shape)
    _must_fit(parts, shape)
    if Ellipsis not in [part for part in parts if not _is_array(part)]:
        parts.append(Ellipsis)
    advanced = any(_is_array(part) or type(part) is bool for part in parts)
    if not advanced or not any(type(part) is int for part in parts):
        return [tuple(parts)]
    first: list[Any] = []
    for part in parts:
        first += [slice(None)] * _consumed(part) if _is_array(part) else [part]
    second = [_whole(part) for part in parts if type(part) is not int]
    return [tuple(part for part in first if type(part) is not bool), tuple(second)]


def _whole(part: Any) -> Any:
    return slice(None) if part is None or isinstance(part, slice) else part


def _is_array(part: Any) -> bool:
    return isinstance(part, numpy.ndarray)


def _is_tuple(index: Any) -> bool:
    """A short list of more than numbers stands for a tuple, as it once did in NumPy."""
    if isinstance(index, list) and len(index) < 32:
        return any(isinstance(i, Tensor | list | tuple | slice | None | type(...)) for i in index)
    return isinstance(index, tuple)


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis or type(part) is int:
        return part
    if isinstance(part, slice):
        return _slice(part)
    if isinstance(part, Tensor):
        part = part.array
    elif isinstance(part, list | tuple | range):
        part = numpy.asarray([_part(p) for p in part], None if len(part) else int)
    if isinstance(part, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(part).__name__}'")
    if not isinstance(part, numpy.ndarray | numpy.generic | bool):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            f"valid indices (got {type(part).__name__})"
        )
    part = numpy.asarray(part)
    if part.dtype == numpy.uint8:  # a mask, from the time before bool
        part = part.astype(bool)
    if part.dtype not in (bool, numpy.int64, numpy.int32):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return part if part.ndim else part.item()


def _slice(part: slice) -> slice:
    for n in (part.start, part.stop, part.step):
        if n is not None and not hasattr(n, "__index__"):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
    start, stop, step = (
        n if n is None else operator.index(n) for n in (part.start, part.stop, part.step)
    )
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero" if step else "slice step cannot be zero")
    return slice(start, stop, step)


def _consumed(part: Any) -> int:
    """How many dimensions a part speaks of."""
    if isinstance(part, numpy.ndarray):
        return part.ndim if part.dtype == bool else 1
    return 0 if part is None or part is Ellipsis or type(part) is bool else 1


def _one_ellipsis(parts: list[Any], shape: Shape) -> list[Any]:
    """The parts with the first Ellipsis only: it leaves no dimensions for another one."""
    _, *others = [i for i, part in enumerate(parts) if part is Ellipsis] or [0]
    if not others:
        return parts
    ends = all(part is Ellipsis for part in parts[others[0] :])
    if not ends and sum(map(_consumed, parts)) < len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    return [part for i, part in enumerate(parts) if i not in others]


def _must_fit(parts: list[Any], shape: Shape) -> None:
    counts = [_consumed(part) for part in parts]
    if sum(counts) > len(shape):
        if not shape and type(parts[0]) is int:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
            )
        if not shape and isinstance(parts[0], slice):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    dim, arrays = 0, []
    for i, part in enumerate(parts):
        if part is Ellipsis:
            dim = len(shape) - sum(counts[i:])
        elif isinstance(part, numpy.ndarray):
            if part.dtype == bool:
                _mask_must_fit(part.shape, shape, dim)
                arrays += [(int(part.sum()),)] * part.ndim
            else:
                arrays.append(part.shape)
        dim += counts[i]
    if len(arrays) > 1:
        try:
            numpy.broadcast_shapes(*arrays)
        except ValueError:
            shapes = ", ".join(str(list(array)) for array in arrays)
            raise IndexError(
                "shape mismatch: indexing tensors could not be broadcast together with shapes "
                f"{shapes}"
            ) from None


def _mask_must_fit(mask: Shape, shape: Shape, dim: int) -> None:
    for i, n in enumerate(mask):
        if n != shape[dim + i]:
            raise IndexError(
                f"The shape of the mask {list(mask)} at index {i} does not match the shape of the "
                f"indexed tensor {list(shape)} at index {dim + i}"
            )
