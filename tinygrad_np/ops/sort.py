"""Putting in order: sort, topk, unique, and counting."""

from __future__ import annotations

from typing import Any

import numpy

from .. import return_types
from ..methods import tensor_method
from ..node import named
from ..tensor import Tensor, wrap
from .axes import along_axes, axis
from .gather import gather
from .index import GetItem


def _order(x: numpy.ndarray, dim: int, descending: bool) -> numpy.ndarray:
    """The indices that sort x; equal elements stay in order, and nan counts as the largest."""
    if not descending:
        return numpy.argsort(x, dim, stable=True)
    back = numpy.argsort(numpy.flip(x, dim), dim, stable=True)
    return x.shape[dim] - 1 - numpy.flip(back, dim)


@tensor_method()
@along_axes
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """The indices that sort the elements along `dim`; equal ones stay in order in any case.

    Source: PyTorch, torch.argsort.

    >>> import tinygrad_np as tnp
    >>> tnp.argsort(tnp.tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    dim, array = axis(dim, input.ndim), numpy.atleast_1d(input.array)
    return wrap(_order(array, dim, descending).reshape(input.array.shape))


@tensor_method()
@along_axes
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> return_types.sort:
    """(values, indices): the elements in order along `dim`, and where they stood.

    Equal elements stay in order in any case; nan counts as the largest number.
    Source: PyTorch, torch.sort.

    >>> import tinygrad_np as tnp
    >>> tnp.sort(tnp.tensor([3, 1, 2]), descending=True).values
    tensor([3, 2, 1])
    """
    indices = argsort(input, dim, descending)
    return return_types.sort(named(gather(input, dim, indices), "Sort"), indices)


@tensor_method()
@along_axes
def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> return_types.topk:
    """(values, indices): the k largest elements along `dim`, or the smallest, in order.

    Raises RuntimeError where there are no k. Source: PyTorch, torch.topk.

    >>> import tinygrad_np as tnp
    >>> tnp.topk(tnp.tensor([3, 1, 2]), 2).indices
    tensor([0, 2])
    """
    dim = axis(dim, input.ndim)
    if not 0 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input.array.dtype == bool:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    indices = argsort(input, dim, largest)
    if input.ndim:
        indices = GetItem((slice(None),) * dim + (slice(k),))(indices)
    return return_types.topk(named(gather(input, dim, indices), "Topk"), indices)


@tensor_method()
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements in order, or the different slices along `dim`; every nan is another.

    With `return_inverse` also which of them stands at each place, with `return_counts` how often
    each occurs. Source: PyTorch, torch.unique.

    >>> import tinygrad_np as tnp
    >>> tnp.unique(tnp.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    array = input.array
    dim = dim if dim is None else axis(dim, input.ndim)
    if dim is not None and 0 in array.shape[:dim] + array.shape[dim + 1 :]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    values, inverse, counts = numpy.unique(
        array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    inverse = inverse.reshape(array.shape if dim is None else -1)
    found = (values, *[inverse] * return_inverse, *[counts] * return_counts)
    return wrap(values) if len(found) == 1 else tuple(wrap(each) for each in found)


@tensor_method()
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs in a vector, or the sum of the `weights` there.

    Raises RuntimeError for negative numbers and for what is no vector of integers.
    Source: PyTorch, torch.bincount.

    >>> import tinygrad_np as tnp
    >>> tnp.bincount(tnp.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    array = input.array
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.array.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if weights is None or not array.size:
        return wrap(numpy.bincount(array, minlength=minlength).astype(numpy.int64))
    if weights.requires_grad:
        raise RuntimeError("the derivative for bincount is not implemented: detach() the weights")
    counted = numpy.bincount(array, weights.array.astype(numpy.float64), minlength)
    return wrap(counted.astype(numpy.float32 if weights.array.dtype == "float32" else float))
