"""Triangles and diagonals of matrices."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..methods import tensor_method
from ..node import named
from ..tensor import Tensor
from .creation import leaf
from .index import AddAt
from .select import Where
from .views import diagonal as diagonal_of


def _below(name: str, input: Tensor, diagonal: int) -> numpy.ndarray:
    """Where a matrix has its elements on and below a diagonal."""
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    rows, columns = input.array.shape[-2:]
    return numpy.tri(rows, columns, diagonal, dtype=bool)


@tensor_method(in_place=("tril_",))
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of matrices, 0 elsewhere.

    Raises RuntimeError below two dimensions. Source: PyTorch, torch.tril.

    >>> import tinygrad_np as tnp
    >>> tnp.tril(tnp.ones(2, 3))
    tensor([[1., 0., 0.],
            [1., 1., 0.]])
    """
    zero = numpy.zeros((), input.array.dtype)
    return named(Where()(_below("tril", input, diagonal), input, zero), "Tril")


@tensor_method(in_place=("triu_",))
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of matrices, 0 elsewhere.

    Raises RuntimeError below two dimensions. Source: PyTorch, torch.triu.

    >>> import tinygrad_np as tnp
    >>> tnp.triu(tnp.ones(2, 3), 1)
    tensor([[0., 1., 1.],
            [0., 0., 1.]])
    """
    zero = numpy.zeros((), input.array.dtype)
    return named(Where()(_below("triu", input, diagonal - 1), zero, input), "Triu")


def _indices(row: int, col: int, below: Any, dtype: Any, device: Any) -> Tensor:
    for name, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{name} must be non-negative, got {n}")
    dtype = dtypes.to_numpy(dtype)
    if dtype.kind != "i":
        raise RuntimeError(f"indices must be of an integer dtype, not {dtype}")
    found = numpy.stack(numpy.nonzero(below(numpy.tri, row, col)))
    return leaf(found.astype(dtype), device=device)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """Rows and columns of the elements on and below a diagonal: (2, their number).

    Source: PyTorch, torch.tril_indices.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _indices(row, col, lambda tri, n, m: tri(n, m, offset), dtype, device)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """Rows and columns of the elements on and above a diagonal: (2, their number).

    Source: PyTorch, torch.triu_indices.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _indices(row, col, lambda tri, n, m: 1 - tri(n, m, offset - 1), dtype, device)


@tensor_method()
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a matrix of zeros; of a matrix, a copy of its diagonal.

    Raises RuntimeError for other tensors. Source: PyTorch, torch.diag.

    >>> import tinygrad_np as tnp
    >>> tnp.diag(tnp.tensor([1, 2])), tnp.diag(tnp.tensor([[1, 2], [3, 4]]))
    (tensor([[1, 0],
            [0, 2]]), tensor([1, 4]))
    """
    if input.ndim == 2:
        return diagonal_of(input, diagonal).clone()
    if input.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    n = input.array.size
    rows, columns = numpy.arange(n) + max(-diagonal, 0), numpy.arange(n) + max(diagonal, 0)
    side = n + abs(diagonal)
    return AddAt((rows, columns), (side, side))(input)
