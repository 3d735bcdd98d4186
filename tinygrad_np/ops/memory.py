"""Tensors over memory that is there already, NumPy's: a change of one is a change of the other."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..tensor import Tensor, wrap
from .creation import leaf, tensor
from .views import over


def from_numpy(ndarray: numpy.ndarray) -> Tensor:
    """A tensor over the memory of an array: a change of one is a change of the other.

    Raises TypeError for what is no array and for dtypes without a counterpart here, ValueError for
    negative strides. Source: PyTorch, torch.from_numpy.

    >>> a = numpy.zeros(2)
    >>> t = from_numpy(a); t[0] = 1.0; a
    array([1., 0.])
    """
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported."
        )
    array = ndarray.view(dtypes.to_numpy(ndarray.dtype))
    if any(n % array.itemsize for n in array.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. "
            "Copy the numpy array to reallocate the memory."
        )
    if array.size and any(n < 0 for n in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    result = wrap(array)
    if not array.flags.c_contiguous:
        flat, op = over(array)
        result.become_view(wrap(flat), op)
    return result


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor; arrays share their memory, tensors keep their graph, where dtypes allow.

    Source: PyTorch, torch.as_tensor.

    >>> as_tensor(numpy.zeros(2))
    tensor([0., 0.], dtype=tinygrad_np.float64)
    """
    if isinstance(data, numpy.ndarray):
        data = from_numpy(data)
    if isinstance(data, Tensor):
        leaf(data.array, device=device)
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype, device=device)
