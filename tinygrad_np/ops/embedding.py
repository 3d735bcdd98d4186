"""Rows of a table by their numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy

from .. import dtypes
from ..errors import OpError
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .creation import ones
from .keep import Keep


class Embedding(Op):
    """y = w[index];   dw = zeros with the rows of g added at index

    With `scale` g is multiplied by it before, which takes nothing from y: 0 for padding.
    """

    index: numpy.ndarray
    scale: numpy.ndarray | None = None

    def forward(self, w):
        return w[self.index]

    def dw(self, g):
        g = g if self.scale is None else Keep()(g * self.scale, self.scale != 0)
        return SumRows(self.index, self.shapes[0][0])(g)

    def samples(r):
        yield Sample(r.normal(4, 3), index=numpy.array([[0, 2], [2, 2], [3, 0]]))
        yield Sample(r.normal(4, 3), index=numpy.array(1))
        yield Sample(r.normal(4, 3), index=numpy.zeros((0, 2), int))
        yield Sample(r.normal(4, 0), index=numpy.array([0, 0]))
        yield ErrorSample(
            lambda: embedding(ones(2, 2), ones(1).long() * 2),
            "index out of range in self: got 2 for 2 rows",
            IndexError,
        )
        yield ErrorSample(
            lambda: embedding(ones(2, 2), ones(1).long() * -1), "index out of range", IndexError
        )
        yield ErrorSample(lambda: embedding(ones(2), ones(1).long()), "'weight' must be 2-D")
        yield ErrorSample(
            lambda: embedding(ones(2, 2), ones(1)),
            r"argument #1 'indices' to have .* types: Long, Int; but got tinygrad_np.float32",
        )
        yield ErrorSample(
            lambda: embedding(ones(2, 2), ones(1).long(), sparse=True),
            "sparse=True asks for sparse gradients, and there are none: expected sparse=False",
        )

    def reference(self, torch, w):
        return torch.embedding(w, torch.from_numpy(self.index))


class SumRows(Op):
    """y = zeros with the rows of x added at index, repeated places adding up;   dx = g[index]"""

    index: numpy.ndarray
    count: int

    def forward(self, x):
        if x.shape[:-1] != self.index.shape or x.ndim == 0:
            raise ValueError(
                f"expected a row of x for each element of index {self.index.shape}, got {x.shape}"
            )
        n = x.shape[-1]
        rows = x.reshape(math.prod(self.index.shape), n)  # (*index, n) -> (N, n)
        y = self.xp.zeros((self.count, n), x.dtype)
        if rows.size:  # sorted by place and summed in runs: 6 times as fast as add.at
            order = self.index.ravel().argsort(kind="stable")
            places, starts = numpy.unique(self.index.ravel()[order], return_index=True)
            y[places] = self.xp.add.reduceat(rows[order], starts, 0)
        return y

    def dx(self, g):
        return Embedding(self.index)(g)

    def samples(r):
        yield Sample(r.normal(3, 2, 4), index=numpy.array([[0, 2], [2, 2], [3, 0]]), count=5)
        yield Sample(r.normal(4), index=numpy.array(1), count=3)
        yield Sample(r.normal(0, 4), index=numpy.zeros(0, int), count=3)
        index = numpy.array([[0, 2], [2, 3]])
        yield ErrorSample(
            lambda: SumRows(index, 4)(ones(4, 3)),
            r"a row of x for each element of index \(2, 2\), got \(4, 3\)",
        )
        yield ErrorSample(
            lambda: SumRows(index, 3)(ones(2, 2, 3)), "index 3 is out of bounds for dimension 0"
        )

    def reference(self, torch, x):
        zeros = torch.zeros(self.count, x.shape[-1], dtype=x.dtype)
        index = torch.from_numpy(self.index.ravel())
        return zeros.index_add(0, index, x.reshape(len(index), x.shape[-1]))


def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` with the numbers `indices`.

    Row `padding_idx` gets no gradient; `scale_grad_by_freq` divides the gradient of a row by how
    often it was read. Shapes: weight `(rows, n)`, indices `(*)` -> `(*, n)`.
    Raises RuntimeError for a weight that is no matrix, indices of another dtype than int64 and
    int32, and sparse=True; IndexError for a number that is no row's.
    Source: PyTorch, torch.embedding.

    >>> import tinygrad_np as tnp
    >>> tnp.embedding(tnp.tensor([[1, 2], [3, 4]]), tnp.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    _check(weight, indices, sparse)
    index = indices.array.astype(numpy.int64)
    scale: Any = None
    if scale_grad_by_freq:
        _, inverse, counts = numpy.unique(index, return_inverse=True, return_counts=True)
        scale = 1 / counts[inverse]
    if (index == padding_idx).any():
        scale = (1 if scale is None else scale) * (index != padding_idx)
    if scale is not None:
        scale = numpy.asarray(scale, weight.array.dtype).reshape(*index.shape, 1)
    return Embedding(index, scale)(weight)


def _check(weight: Tensor, indices: Tensor, sparse: bool) -> None:
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices.array.dtype not in (numpy.int64, numpy.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {dtypes.of(indices.array)} instead (while checking arguments for "
            "embedding)"
        )
    if sparse:
        raise OpError(
            "sparse=True asks for sparse gradients, and there are none: expected sparse=False"
        )
    outside = indices.array[(indices.array < 0) | (indices.array >= weight.shape[0])]
    if outside.size:
        raise IndexError(
            f"index out of range in self: got {outside.flat[0]} for {weight.shape[0]} rows"
        )
