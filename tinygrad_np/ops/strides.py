"""Strides as PyTorch tells them, and the views that they allow."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import listed, tensor_method
from ..tensor import Tensor
from .axes import axis
from .cast import Clone
from .shape import Reshape, Shape, asked, with_inferred


@tensor_method()
@listed
def view(self: Tensor, *size: Any) -> Tensor:
    """`reshape` that shares memory, for tensors whose strides allow it.

    Results of convolution and pooling lie in another memory order than their shape says: they are
    copied. Raises RuntimeError for other tensors whose strides do not allow it, such as transposed
    ones. Source: PyTorch, torch.Tensor.view.

    >>> import tinygrad_np as tnp
    >>> tnp.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    target = with_inferred(asked(size), self.array.size)
    copies = self.view_of is not None and not _shares(self.array, target)
    if copies and not _shares(as_told(self), target):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead. "
            f"The size is {list(self.shape)}, the view's {list(target)}"
        )
    return Reshape(target)(self)


def _shares(array: numpy.ndarray, shape: Shape) -> bool:
    try:
        array.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def as_told(tensor: Tensor) -> numpy.ndarray:
    """A bool array with the strides that `tensor` would have had its memory the order of its shape.

    They are the strides that PyTorch shows: results lie in row-major order, views move in it.
    """
    ops = []
    while tensor.view_of is not None and tensor.view_of.array is tensor.view_of.source.array:
        ops.append(tensor.view_of.op)
        tensor = tensor.view_of.source
    array = numpy.empty(tensor.array.shape, bool)
    for op in reversed(ops):
        array = op.forward(array)
    return array


def memory_order(tensor: Tensor) -> tuple[int, ...] | None:
    """The dimensions of `tensor` as its strides order them, the slowest first; None if row-major.

    So PyTorch lays out `empty_like(tensor)` and fills it with random numbers. Like there an
    expanded dimension, of stride 0, stays where it is.
    """
    if tensor.view_of is None:
        return None
    strides = as_told(tensor).strides
    sized = [d for d, n in enumerate(tensor.array.shape) if n > 1]
    order = sized[::-1]
    for at in range(1, len(order)):
        for before in reversed(range(at)):
            faster, slower = strides[order[before]], strides[order[at]]
            if 0 < faster < slower:
                break
            if faster > slower > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    order.reverse()
    if order == sized:
        return None
    return (*(d for d, n in enumerate(tensor.array.shape) if n <= 1), *order)


@tensor_method()
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.view(other.size())`. Source: PyTorch, torch.Tensor.view_as."""
    return view(self, other.shape)


@tensor_method()
def stride(self: Tensor, dim: int | None = None) -> Any:
    """Elements to step over for the next index, of every dimension or of one.

    As in PyTorch results lie in row-major order and views move in it; where the array itself lies
    otherwise (convolution, pooling) is seen in `array.strides`.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2, 3).t().stride()
    (1, 3)
    """
    strides = as_told(self).strides
    return strides if dim is None else strides[axis(dim, self.ndim)]


@tensor_method()
def is_contiguous(self: Tensor, memory_format: Any = None) -> bool:
    """Whether the elements lie in row-major order: see `stride`."""
    return self.view_of is None or as_told(self).flags.c_contiguous


@tensor_method()
def contiguous(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if `is_contiguous`, otherwise a copy that is."""
    return self if is_contiguous(self) else Clone()(self)
