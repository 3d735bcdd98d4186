"""Tensors from data and from numbers."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..backend import CPU
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


def shape_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """`(2, 3)` and `((2, 3),)` name the same shape."""
    if len(size) == 1 and not isinstance(size[0], int | numpy.integer):
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
    except ValueError as error:
        raise ValueError(f"expected sequences of equal length: {error}") from error
    if dtype is not None:
        dtype = dtypes.to_numpy(dtype)
    elif not given and array.dtype.kind == "f" and _python_numbers(data):
        dtype = default_dtype(None)
    else:
        dtype = dtypes.of(array).dtype
    return array.astype(dtype, copy=copy)


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


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor; arrays share their memory, tensors keep their graph, where dtypes allow.

    Source: PyTorch, torch.as_tensor.

    >>> as_tensor(numpy.zeros(2))
    tensor([0., 0.], dtype=tinygrad_np.float64)
    """
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return leaf(_array(data, dtype, copy=False), device=device)


def from_numpy(ndarray: numpy.ndarray) -> Tensor:
    """A tensor over the memory of an array: a change of one is a change of the other.

    Raises TypeError for what is no array and for dtypes without a counterpart here.
    Source: PyTorch, torch.from_numpy.

    >>> a = numpy.zeros(2)
    >>> t = from_numpy(a); t[0] = 1.0; a
    array([1., 0.])
    """
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return wrap(ndarray.view(dtypes.to_numpy(ndarray.dtype)))


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
    dtype = dtypes.common_type(fill_value) if dtype is None else dtypes.to_numpy(dtype)
    return leaf(numpy.full(shape_of((size,)), fill_value, dtype), requires_grad, device)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros. Source: PyTorch, torch.zeros.

    >>> zeros(2, 3).shape
    tinygrad_np.Size([2, 3])
    """
    return leaf(numpy.zeros(shape_of(size), default_dtype(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones. Source: PyTorch, torch.ones.

    >>> ones(2, dtype=dtypes.int64)
    tensor([1, 1])
    """
    return leaf(numpy.ones(shape_of(size), default_dtype(dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose values are whatever the memory held. Source: PyTorch, torch.empty.

    >>> empty(2, 0).numel()
    0
    """
    return leaf(numpy.empty(shape_of(size), default_dtype(dtype)), requires_grad, device)


def like(input: Tensor, dtype: Any) -> dict[str, Any]:
    return {"dtype": input.dtype if dtype is None else dtype}


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros with the shape and dtype of `input`. Source: PyTorch, torch.zeros_like.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return zeros(input.shape, requires_grad=requires_grad, **like(input, dtype))


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones with the shape and dtype of `input`. Source: PyTorch, torch.ones_like.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return ones(input.shape, requires_grad=requires_grad, **like(input, dtype))


def full_like(
    input: Tensor, fill_value: float, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """One value with the shape and dtype of `input`. Source: PyTorch, torch.full_like.

    >>> full_like(tensor([1, 2]), 5)
    tensor([5, 5])
    """
    return full(input.shape, fill_value, requires_grad=requires_grad, **like(input, dtype))


def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Unset memory with the shape and dtype of `input`. Source: PyTorch, torch.empty_like.

    >>> empty_like(tensor([1, 2])).shape
    tinygrad_np.Size([2])
    """
    return empty(input.shape, requires_grad=requires_grad, **like(input, dtype))


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below `end`; `arange(n)` counts from 0. Integers give int64.

    Raises RuntimeError for a step of 0, or in the wrong direction. Source: PyTorch, torch.arange.

    >>> arange(3), arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: {start} to {end} by {step}"
        )
    dtype = dtypes.common_type(start, end, step) if dtype is None else dtypes.to_numpy(dtype)
    steps = numpy.arange(-(-(end - start) // step))
    return leaf((start + steps * step).astype(dtype), requires_grad, device)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included. Source: PyTorch, torch.linspace.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, but got {steps}")
    return leaf(
        numpy.linspace(start, end, steps, dtype=default_dtype(dtype)), requires_grad, device
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The n x m matrix with ones on its diagonal. Source: PyTorch, torch.eye.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = shape_of((n, n if m is None else m))
    return leaf(numpy.eye(rows, columns, dtype=default_dtype(dtype)), requires_grad, device)
