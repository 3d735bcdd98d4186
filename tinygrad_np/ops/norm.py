"""Lengths of vectors and of matrices taken as vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy

from .. import dtypes
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import along_axes, axes
from .cast import to
from .creation import ones, tensor
from .elementwise import Abs, Sign
from .extremes import amax, amin
from .keep import Keep
from .power import PowScalar
from .reduce import Dims, kept
from .select import Where


class Norm(Op):
    """y = (sum of |x|^p along dims)^(1/p);   dx = g * sign(x) (|x| / y)^(p-1)   (0 where y = 0)"""

    torch_name = "LinalgVectorNorm"
    dims: Dims
    keepdim: bool = False
    p: float = 2

    def forward(self, x):
        if self.p == 2:
            return self.xp.sqrt((x * x).sum(self.dims, keepdims=self.keepdim))
        powers = self.xp.absolute(x) ** self.p
        return powers.sum(self.dims, keepdims=self.keepdim) ** (1 / self.p)

    def dx(self, g, x, out):
        g, out = (kept(v, self.dims, self.shapes[0]) for v in (g, out))
        zero = out == 0
        scale = Keep()(1.0 / Where()(zero, out + 1.0, out), ~zero)
        if self.p == 2:
            return g * (x * scale)
        slope = PowScalar(self.p - 1)(Abs()(x) * scale)
        if self.p < 1:
            slope = Keep()(slope, x != 0)
        elif self.p > 1:
            g = Keep()(g, ~zero)
        return g * (Sign()(x) * slope)

    def samples(r):
        yield Sample(r.normal(3, 4), dims=(0, 1))
        yield Sample(r.normal(2, 3, 4), dims=(1,), keepdim=True)
        yield Sample(r.normal(2, 0), dims=(1,))
        yield Sample(numpy.zeros((2, 3)), dims=(1,))
        yield Sample(numpy.zeros((2, 3)), dims=(1,), p=3)
        for p in (1, 3, 1.5, 0.5):
            yield Sample(r.away_from(0, (3, 4)), dims=(1,), p=p)
        yield ErrorSample(
            lambda: norm(tensor([1])), "vector_norm: Expected a floating point or complex tensor"
        )
        yield ErrorSample(lambda: norm(ones(2), "nuc"), "norm computes p='fro' and numbers only")
        yield ErrorSample(lambda: norm(ones(2), dim=1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.linalg.vector_norm(x, self.p, self.dims, self.keepdim)


def _must_not_be_empty(shape: Dims, dim: Any, dims: Dims, ord: float) -> None:
    for i in dims:
        if shape[i] == 0:
            what = "an empty tensor because"
            if dim is not None:
                what = f"the dimension {i} because this dimension is empty and"
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {ord} norm on {what} the operation does "
                "not have an identity"
            )


@along_axes
def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(sum of |x|^ord)^(1/ord) of all elements, or along `dim`.

    For `ord` inf the largest, for -inf the smallest |x|, for 0 how many are not 0.
    Raises RuntimeError for integers. Source: PyTorch, torch.linalg.vector_norm.

    >>> import tinygrad_np as tnp
    >>> tnp.linalg.vector_norm(tnp.tensor([3.0, -4.0]))
    tensor(5.)
    """
    x = x if dtype is None else to(x, dtype)
    if x.array.dtype.kind != "f":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {dtypes.scalar_name(x.dtype)}"
        )
    dims = axes(dim, x.ndim)
    if ord < 0 or math.isinf(ord):
        _must_not_be_empty(x.shape, dim, dims, ord)
    if math.isinf(ord):
        return (amax if ord > 0 else amin)(Abs()(x), dims, keepdim)
    if ord == 0:
        return to(x != 0, x.dtype).sum(dims, keepdim)
    return Norm(dims, keepdim, ord)(x)


@along_axes
def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The Frobenius norm of the matrices in two dimensions: the length of all their elements.

    Raises RuntimeError for another `ord`, and for less than two dimensions.
    Source: PyTorch, torch.linalg.matrix_norm.

    >>> import tinygrad_np as tnp
    >>> tnp.linalg.matrix_norm(tnp.ones(3, 2, 2))
    tensor([2., 2., 2.])
    """
    if A.ndim < 2:
        raise RuntimeError(
            "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."
        )
    if ord != "fro":
        raise RuntimeError(f"tinygrad_np.linalg.matrix_norm computes ord='fro' only, not {ord!r}")
    return vector_norm(A, 2, dim, keepdim, dtype=dtype)


@along_axes
def linalg_norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The vector norm; with an `ord`, of a matrix or of two dimensions the matrix norm.

    Source: PyTorch, torch.linalg.norm.

    >>> import tinygrad_np as tnp
    >>> tnp.linalg.norm(tnp.tensor([[3.0, -4.0]]))
    tensor(5.)
    """
    pair = isinstance(dim, tuple | list) and len(dim) == 2
    if ord is not None and (pair or (dim is None and A.ndim == 2)):
        return matrix_norm(A, ord, dim or (-2, -1), keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


linalg_norm.__name__ = linalg_norm.__qualname__ = "norm"


@tensor_method()
@along_axes
def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """(sum of |x|^p)^(1/p) of all elements, or along `dim`; "fro" is 2.

    Raises RuntimeError for integers and for another text. Source: PyTorch, torch.norm.

    >>> import tinygrad_np as tnp
    >>> tnp.norm(tnp.tensor([3.0, -4.0])), tnp.tensor([3.0, -4.0]).norm(1)
    (tensor(5.), tensor(7.))
    """
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"tinygrad_np.norm computes p='fro' and numbers only, not {p!r}")
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


@tensor_method()
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The norm of input - other. Source: PyTorch, torch.dist.

    >>> import tinygrad_np as tnp
    >>> tnp.dist(tnp.tensor([3.0, 1.0]), tnp.tensor([0.0, 5.0]))
    tensor(5.)
    """
    return vector_norm(input - other, p)
