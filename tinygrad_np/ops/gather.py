"""Reading along a dimension by indices: gather, index_select, take."""

from __future__ import annotations

from typing import Any

import numpy

from ..errors import OpError
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axis
from .creation import ones
from .expand import broadcast_shapes, expand
from .index import AddAt, GetItem
from .indices import Index, Shape


class Gather(Op):
    """y[i, j] = x[index[i, j], j] along dim 0 (and so on);   dx = zeros with g added there"""

    dim: int

    def forward(self, x, index):
        return x[along(self.dim, x.shape, index)]

    def dx(self, g, index):
        places = along(self.dim, self.shapes[0], getattr(index, "array", index))
        return AddAt(places, self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(3, 4), r.integers(0, 3, (2, 4)), dim=0)
        yield Sample(r.normal(3, 4), r.integers(0, 4, (2, 6)), dim=1)
        yield Sample(r.normal(3, 4), r.integers(0, 3, (0, 4)), dim=0)
        yield ErrorSample(
            lambda: gather(ones(2, 2), 0, ones(1, 2).long() * 2), "out of bounds", IndexError
        )
        yield ErrorSample(
            lambda: gather(ones(2, 2), 0, ones(2).long()), "same number of dimensions"
        )
        yield ErrorSample(lambda: gather(ones(2, 2), 0, ones(1, 2)), "Expected dtype int32/int64")
        yield ErrorSample(
            lambda: gather(ones(2, 2), 0, ones(1, 3).long()), "Size does not match at dimension 1"
        )

    def reference(self, torch, x, index):
        return torch.gather(x, self.dim, index)


def along(dim: int, shape: Shape, index: numpy.ndarray) -> Index:
    """`index` along `dim` and its own position along the others, as one index tuple."""
    in_bounds(dim, shape, index)
    grid = numpy.ogrid[tuple(slice(n) for n in index.shape)]
    return tuple(index if i == dim else axis_index for i, axis_index in enumerate(grid))


def in_bounds(dim: int, shape: Shape, index: numpy.ndarray) -> None:
    """Raise where an index is negative or too large."""
    if index.size and not 0 <= index.min() <= index.max() < shape[dim]:
        worst = index.max() if index.min() >= 0 else index.min()
        raise OpError(f"index {worst} is out of bounds for dimension {dim} with size {shape[dim]}")


def must_be_indices(name: str, index: Any) -> None:
    """Raise unless `index` is a tensor of int32 or int64."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name}(): argument 'index' must be Tensor, not {type(index).__name__}")
    if index.array.dtype not in (numpy.int64, numpy.int32):
        raise OpError(f"{name}(): Expected dtype int32/int64 for index, got {index.dtype}")


def vector_index(name: str, input: Tensor, dim: int, index: Tensor) -> Index:
    """`index` along `dim`, all of the other dimensions; at most one dimension is allowed."""
    must_be_indices(name, index)
    if index.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got shape {list(index.shape)}"
        )
    return (slice(None),) * axis(dim, input.ndim) + (index.array.reshape(-1), ...)


def at_least_1d(x: Tensor) -> Tensor:
    """A 0-d tensor as the vector of its one element."""
    return x if x.ndim else x.reshape(1)


@tensor_method()
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements of `input` at `index` along `dim`, in the shape of `index`.

    Raises RuntimeError for an index that is not of integers or has other dimensions, IndexError out
    of bounds. Source: PyTorch, torch.gather.

    >>> import tinygrad_np as tnp
    >>> tnp.gather(tnp.tensor([[1, 2], [3, 4]]), 1, tnp.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    dim = axis(dim, input.ndim)
    must_be_indices("gather", index)
    if 0 in (input.ndim, index.ndim) and max(input.ndim, index.ndim) < 2:
        found = Gather(0)(at_least_1d(input), wrap(index.array.reshape(-1)))
        return found if index.ndim else found.reshape(())
    if index.array.size == 0:
        return input.reshape(-1)[:0].reshape(index.shape)
    if index.ndim != input.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor: "
            f"{list(index.shape)} and {list(input.shape)}"
        )
    for i, (n, size) in enumerate(zip(index.shape, input.shape, strict=True)):
        if i != dim and n > size:
            raise RuntimeError(
                f"Size does not match at dimension {i} expected index {list(index.shape)} to be no "
                f"larger than self {list(input.shape)} apart from dimension {dim}"
            )
    return Gather(dim)(input, index)


@tensor_method()
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` that broadcasts `input` and `indices`, and counts negative ones from the end.

    Without `dim` the indices are those of the flattened tensor.
    Source: PyTorch, torch.take_along_dim.

    >>> import tinygrad_np as tnp
    >>> tnp.take_along_dim(tnp.tensor([[1, 2], [3, 4]]), tnp.tensor([[-1]]), 1)
    tensor([[2],
            [4]])
    """
    if indices.array.dtype != numpy.int64:
        raise RuntimeError(
            f"take_along_dim(): dtype of indices should be Long but got {indices.dtype}"
        )
    if dim is None:
        return take_along_dim(input.reshape(-1), indices.reshape(-1), 0)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "take_along_dim(): input and indices should have the same number of dimensions, but "
            f"got {input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    dim = axis(dim, input.ndim)
    n, count = input.shape[dim], indices.shape[dim]
    others = [(*x.shape[:dim], 1, *x.shape[dim + 1 :]) for x in (input, indices)]
    shape = broadcast_shapes(*others)
    places = numpy.where(indices.array < 0, indices.array + n, indices.array)
    places = numpy.broadcast_to(places, (*shape[:dim], count, *shape[dim + 1 :]))
    return gather(expand(input, (*shape[:dim], n, *shape[dim + 1 :])), dim, wrap(places))


@tensor_method()
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of `input` that a vector of indices names along `dim`.

    Raises IndexError out of bounds and for negative indices. Source: PyTorch, torch.index_select.

    >>> import tinygrad_np as tnp
    >>> tnp.index_select(tnp.tensor([[1, 2], [3, 4]]), 1, tnp.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    places = vector_index("index_select", input, dim, index)
    if input.ndim == 0 and index.array.size != 1:
        raise OpError(
            "index_select(): Index to scalar can have only 1 value, got "
            f"{index.array.size} value(s)"
        )
    vector = at_least_1d(input)
    if index.array.size and not 0 <= index.array.min() <= index.array.max() < vector.shape[dim]:
        raise OpError("index out of range in self")
    return (
        GetItem(places)(vector).reshape(input.shape) if input.ndim == 0 else GetItem(places)(input)
    )


@tensor_method()
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at `index` of the flattened tensor, in the shape of `index`.

    Raises IndexError out of bounds. Source: PyTorch, torch.take.

    >>> import tinygrad_np as tnp
    >>> tnp.take(tnp.tensor([[1, 2], [3, 4]]), tnp.tensor([0, -1]))
    tensor([1, 4])
    """
    must_be_indices("take", index)
    size = input.array.size
    wrong = index.array[(index.array < -size) | (index.array >= size)]
    if wrong.size:
        raise OpError(
            f"out of range: tried to access index {wrong[0]} on a tensor of {size} elements."
        )
    return GetItem((index.array,))(input.reshape(-1))
