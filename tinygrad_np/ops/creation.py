"""Tensors from data and from numbers."""

from __future__ import annotations

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
    """`(2, 3)`, `((2, 3),)` and `size=(2, 3)` name the same shape."""
    size = (named,) if named is not None else size
    if not size:
        raise TypeError('missing 1 required positional argument: "size"')
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = tuple(size[0])
    for n in size:
        if not isinstance(n, int | numpy.integer):
            raise TypeError(f"a size must be a tuple of ints, but got {type(n).__name__} in {size}")
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(size)}")
    return tuple(int(n) for n in size)


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
    if not given:
        data = _nested(data)
    try:
        array = numpy.asarray(data)
    except ValueError:
        raise _ragged(data) from None
    if array.dtype.kind in "OUS":
        raise _no_numbers(data)
    if dtype is not None:
        dtype = dtypes.to_numpy(dtype)
        if not given and dtype.kind in "iu":
            return number(data, dtype)
    elif not given and array.dtype.kind == "f" and _python_numbers(data):
        dtype = default_dtype(None)
    else:
        dtype = dtypes.of(array).dtype
    return array.astype(dtype, copy=copy)


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
        data = data[0]
    if isinstance(data, int):
        return ValueError("Overflow when unpacking long long")
    if isinstance(data, str | bytes | numpy.ndarray):
        return TypeError(f"tensor(): invalid data type {type(data).__name__!r}")
    return RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _nested(data: Any) -> Any:
    """Nested sequences with the tensors in them as arrays."""
    if isinstance(data, Tensor):
        return data.array
    return [_nested(x) for x in data] if isinstance(data, list | tuple | range) else data


def _python_numbers(data: Any) -> bool:
    """Whether the first number of nested lists is Python's own, so that the default dtype rules."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return not isinstance(data, numpy.ndarray | numpy.generic)


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


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros with the shape and dtype of `input`. Source: PyTorch, torch.zeros_like.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return zeros(input.shape, device=device, requires_grad=requires_grad, **like(input, dtype))


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones with the shape and dtype of `input`. Source: PyTorch, torch.ones_like.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return ones(input.shape, device=device, requires_grad=requires_grad, **like(input, dtype))


def full_like(
    input: Tensor,
    fill_value: float,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One value with the shape and dtype of `input`. Source: PyTorch, torch.full_like.

    >>> full_like(tensor([1, 2]), 5)
    tensor([5, 5])
    """
    return full(
        input.shape, fill_value, device=device, requires_grad=requires_grad, **like(input, dtype)
    )


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Unset memory with the shape and dtype of `input`. Source: PyTorch, torch.empty_like.

    >>> empty_like(tensor([1, 2])).shape
    tinygrad_np.Size([2])
    """
    return empty(input.shape, device=device, requires_grad=requires_grad, **like(input, dtype))
