"""Tensors from data and from numbers."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy

from .. import dtypes
from ..backend import CPU, quiet
from ..backend import device as Device
from ..tensor import Tensor, wrap


def leaf(array: numpy.ndarray, requires_grad: bool = False, device: Any = None) -> Tensor:
    if device is not None and device is not CPU:
        Device(device)
    result = wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result


def placed(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`function` with PyTorch's arguments about memory as well, which have one value here.

    Raises RuntimeError for `pin_memory=True` and for other layouts than `strided`.
    """

    @functools.wraps(function)
    def call(
        *args: Any,
        layout: Any = None,
        pin_memory: bool = False,
        memory_format: Any = None,
        **kwargs: Any,
    ) -> Tensor:
        if pin_memory:
            raise RuntimeError(
                "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory "
                "allocator is available on this system."
            )
        if layout is not None and str(layout) != "torch.strided":
            raise RuntimeError(f"tinygrad_np makes dense tensors only: got layout={layout}")
        return function(*args, **kwargs)

    return call


def must_be_tensor(x: Any, function: str, argument: str, position: int = 1) -> None:
    """Raise PyTorch's TypeError unless the argument of this name is a Tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"{function}(): argument {argument!r} (position {position}) must be Tensor, "
            f"not {type(x).__name__}"
        )


def default_dtype(dtype: Any) -> numpy.dtype[Any]:
    return dtypes.to_numpy(dtypes.get_default_dtype() if dtype is None else dtype)


@quiet
def number(value: Any, dtype: numpy.dtype[Any]) -> numpy.ndarray:
    """A number, or nested ones, as an array of `dtype`; fractions are cut off for integers.

    Raises RuntimeError for what does not fit, TypeError for what is no number.
    """
    given = numpy.asarray(value)
    if given.dtype.kind not in "biuf" and not isinstance(value, int):
        raise TypeError(f"expected a number, got {value!r}")
    fits: Any = True
    if dtype.kind in "iu":
        limits = numpy.iinfo(dtype)
        fits = (given >= (limits.min or -limits.max)) & (given <= limits.max)  # -1 is 255 in uint8
    elif dtype.kind == "f":
        fits = numpy.isfinite(given.astype(dtype)) | ~numpy.isfinite(given)
    if not numpy.all(fits):
        name = f"{dtype.name}_t" if dtype.kind in "iu" else dtype.name
        raise RuntimeError(f"value cannot be converted to type {name} without overflow: {value}")
    return given.astype(dtype)


def shape_of(size: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """`(2, 3)`, `((2, 3),)` and `size=(2, 3)` name the same shape, of integers or 0-d tensors.

    Raises TypeError for other sizes, RuntimeError for negative ones.
    """
    size = (named,) if named is not None else size
    if not size:
        raise TypeError('missing 1 required positional argument: "size"')
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = tuple(size[0])
    try:
        shape = tuple(map(operator.index, size))
    except TypeError:
        raise _no_size(size) from None
    if min(shape, default=0) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}"
        )
    return shape


def _no_size(size: tuple[Any, ...]) -> Exception:
    at = next(i for i, n in enumerate(size) if not _is_index(n))
    got = type(size[at]).__name__
    return TypeError(f"argument 'size' (position {at + 1}) must be tuple of ints, not {got}")


def _is_index(n: Any) -> bool:
    try:
        operator.index(n)
    except TypeError:
        return False
    return True


@placed
def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new leaf tensor that copies `data`: numbers, nested lists, arrays or tensors.

    Without `dtype`, Python floats give float32, ints int64, bools bool; arrays keep theirs.
    Raises ValueError for ragged lists, TypeError for what holds no numbers.
    Source: PyTorch, torch.tensor.

    >>> tensor([[1, 2], [3, 4]]), tensor(2.5)
    (tensor([[1, 2],
            [3, 4]]), tensor(2.5000))
    """
    return leaf(_array(data, dtype, copy=True), requires_grad, device)


def _array(data: Any, dtype: Any, copy: bool) -> numpy.ndarray:
    if isinstance(data, Tensor):
        data = data.array
    given = isinstance(data, numpy.ndarray | numpy.generic)
    inferred = dtypes.of(data).dtype if given else None
    if not given:
        data = _nested(data)
    try:
        array = numpy.asarray(data)
    except ValueError:
        raise _ragged(data) from None
    if array.dtype.kind in "OUS" or (array.dtype == numpy.uint64 and not given):
        raise _no_numbers(data)
    if dtype is not None:
        dtype = dtypes.to_numpy(dtype)
        if not given and dtype.kind in "iu":
            return number(data, dtype)
    else:
        dtype = inferred or _inferred(data) or default_dtype(None)
        if dtype.kind != "f" and array.size and array.dtype.kind == "f":
            raise _no_numbers(data)  # NumPy takes integers beyond int64 for floats
    return array.astype(dtype, copy=copy)


def _inferred(data: Any) -> numpy.dtype[Any] | None:
    """The dtype that holds all of nested sequences, None of empty ones.

    Python's floats count as the default dtype, its ints as int64, arrays and NumPy's numbers as
    what they are; all of them alike, whatever their dimensions.
    """
    if isinstance(data, list | tuple):
        kinds = {type(x) for x in data}
        if len(kinds) == 1 and kinds <= {float, int, bool}:
            return _inferred(data[0])
        found = {_inferred(x) for x in data} - {None}
        return functools.reduce(lambda a, b: dtypes.promote_types(a, b).dtype, found or [None])
    if isinstance(data, numpy.ndarray | numpy.generic):
        return dtypes.of(data).dtype
    return dtypes.common_type(data)


def _ragged(data: Any) -> Exception:
    """What is wrong with nested sequences that make no array."""
    level, dim = [data], 0
    while level:
        shown = [x for x in level if isinstance(x, list | tuple)]
        sizes = [len(x) for x in shown]
        if shown and len(shown) < len(level):
            return TypeError(f"not a sequence at dim {dim}, where others are: {level[:3]}")
        for size in sizes:
            if size != sizes[0]:
                return ValueError(
                    f"expected sequence of length {sizes[0]} at dim {dim} (got {size})"
                )
        level, dim = [x for each in shown for x in each], dim + 1
    return ValueError("expected arrays of one shape")


def _no_numbers(data: Any) -> Exception:
    """What is wrong with data that NumPy takes for text or for objects."""
    while isinstance(data, list | tuple) and data:
        data = next((x for x in data if isinstance(x, str | bytes)), data[0])
    if isinstance(data, int):
        return ValueError("Overflow when unpacking long long")
    if isinstance(data, str | bytes | numpy.ndarray):
        return TypeError(f"tensor(): invalid data type {type(data).__name__!r}")
    return RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _nested(data: Any) -> Any:
    """Nested sequences with the tensors in them as numbers."""
    if isinstance(data, Tensor):
        if data.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return data.array.reshape(())
    return [_nested(x) for x in data] if isinstance(data, list | tuple | range) else data


@placed
def full(
    size: Any,
    fill_value: float,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of shape `size` filled with one value, whose kind gives the dtype.

    Source: PyTorch, torch.full.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    dtype = dtypes.common_type(fill_value) if dtype is None else dtypes.to_numpy(dtype)
    filled = numpy.full(shape_of((size,)), number(fill_value, dtype))
    return leaf(filled, requires_grad, device)


@placed
def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of zeros. Source: PyTorch, torch.zeros.

    >>> zeros(2, 3).shape
    tinygrad_np.Size([2, 3])
    """
    return leaf(numpy.zeros(shape_of(sizes, size), default_dtype(dtype)), requires_grad, device)


@placed
def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of ones. Source: PyTorch, torch.ones.

    >>> ones(2, dtype=dtypes.int64)
    tensor([1, 1])
    """
    return leaf(numpy.ones(shape_of(sizes, size), default_dtype(dtype)), requires_grad, device)


@placed
def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor whose values are whatever the memory held. Source: PyTorch, torch.empty.

    >>> empty(2, 0).numel()
    0
    """
    return leaf(numpy.empty(shape_of(sizes, size), default_dtype(dtype)), requires_grad, device)


def like(input: Tensor, dtype: Any) -> dict[str, Any]:
    return {"dtype": input.dtype if dtype is None else dtype}
